#include "config/address.hpp"
#include "config/checks.hpp"
#include "config/duration.hpp"

#include <re2/re2.h>

#include <charconv>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_expression = 10'000;

std::optional<int> status_code(std::string_view text) {
  int code = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), code);
  const bool whole = fault == std::errc{} && end == text.data() + text.size();
  return whole && code >= 100 && code <= 599 ? std::optional{code} : std::nullopt;
}

void read_status_range(const reader& from, std::vector<status_range>& into) {
  const auto text = from.text();
  if (!text)
    return;
  const auto dash = text->find('-');
  const auto first = status_code(std::string_view{*text}.substr(0, dash));
  const auto last =
    dash == text->npos ? first : status_code(std::string_view{*text}.substr(dash + 1));
  if (!first || !last)
    from.fail(from.quoted_text() + " is no HTTP status; write 200, or a range such as 200-299");
  else if (*last < *first)
    from.fail("the range " + from.quoted_text() + " is empty; its first number is the larger one");
  else
    into.push_back({*first, *last});
}

void read_status(const reader& from, std::vector<status_range>& into) {
  into.clear();
  if (from.is_scalar())
    return read_status_range(from, into);
  for (const auto& item : from.items("a status, a range such as 200-299, or a list of them"))
    read_status_range(item, into);
}

void read_matches(const reader& from, std::optional<std::string>& into) {
  auto text = from.text();
  if (!text)
    return;
  if (text->size() > longest_expression)
    return from.fail("longer than 10000 bytes, which is no sensible expression");
  const re2::RE2 compiled{*text, re2::RE2::Quiet};
  if (compiled.ok()) {
    into = std::move(text);
    return;
  }
  const auto at = text->find(compiled.error_arg());
  auto place = compiled.error_arg().empty() || at == text->npos
                 ? ""
                 : " at position " + std::to_string(at + 1);
  from.fail("no regular expression (RE2): " + shown(compiled.error()) + place);
}

void read_body(const reader& from, expectation& into) {
  fields f{from};
  std::string contains;
  if (f.text("contains", contains) && !contains.empty())
    into.contains = contains;
  if (const auto matches = f.find("matches"))
    read_matches(*matches, into.matches);
  f.finish();
}

void read_json(const reader& from, std::vector<field_condition>& into) {
  for (const auto& [path, value] : from.entries()) {
    if (path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != path.npos)
      value.fail(in_quotes(path) + " is no path; write one such as checks.db.status");
    const auto text = value.text();
    if (!text)
      continue;
    into.push_back({path, parse_comparison(*text)});
    if (into.back().expected.operand.empty())
      value.fail(value.quoted_text() + " compares with nothing");
  }
}

void read_limits_map(const reader& from, limits& into, bool longer_is_worse) {
  fields f{from};
  if (from.is_map())
    read_limits(f, into, longer_is_worse);
  f.finish();
}

void read_latency(const reader& from, const check_spec& check, limits& into) {
  read_limits_map(from, into, true);
  for (const auto& limit : {into.degraded, into.unhealthy}) {
    if (!limit || *limit < check.timeout)
      continue;
    from.warn(format_duration(*limit)
              + " can never be reached: the check has failed by then, its timeout is "
              + format_duration(check.timeout));
    return;
  }
}

void read_certificate(const reader& from, const http_check& check, limits& into) {
  if (scheme_of(check.url) == "http" && check.max_redirects == 0)
    from.fail("an http:// URL has no certificate");
  read_limits_map(from, into, false);
}

bool has_latency(std::string_view kind) {
  return kind == "http" || kind == "tcp" || kind == "exec";
}

// Takes `key` if checks of this kind can have it.
std::optional<reader> find_for(fields& f, std::string_view key, std::string_view kind,
                               bool allowed) {
  auto at = f.find(key);
  if (!at || allowed)
    return at;
  at->fail("is nothing a " + std::string{kind} + " check can expect");
  return {};
}

} // namespace

void read_limits(fields& from, limits& into, bool longer_is_worse) {
  std::chrono::milliseconds degraded{0}, unhealthy{0};
  const auto problems = from.self().shared().problems.count();
  const auto lesser = from.duration("degraded", degraded, 1ms);
  const auto greater = from.duration("unhealthy", unhealthy, 1ms);
  if (problems != from.self().shared().problems.count())
    return;
  if (lesser)
    into.degraded = degraded;
  if (greater)
    into.unhealthy = unhealthy;
  if (!lesser && !greater)
    from.self().fail("needs 'degraded', 'unhealthy' or both");
  else if (lesser && greater && (longer_is_worse ? unhealthy <= degraded : unhealthy >= degraded))
    greater->fail(std::string{"must be "} + (longer_is_worse ? "longer" : "shorter")
                  + " than 'degraded', " + format_duration(degraded));
}

void read_expectation(const reader& from, std::string_view kind, check_spec& into) {
  fields f{from};
  const auto* http = std::get_if<http_check>(&into.target);
  if (const auto at = find_for(f, "status", kind, http))
    read_status(*at, into.expect.status);
  if (const auto at = find_for(f, "latency", kind, has_latency(kind)))
    read_latency(*at, into, into.expect.latency);
  if (const auto at = find_for(f, "body", kind, http))
    read_body(*at, into.expect);
  if (const auto at = find_for(f, "json", kind, http))
    read_json(*at, into.expect.fields);
  if (const auto at = find_for(f, "certificate", kind, http))
    read_certificate(*at, *http, into.expect.certificate_left);
  f.finish();
}

} // namespace reeve::config
