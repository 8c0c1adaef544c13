#include "config/expectation.hpp"

#include "config/address.hpp"
#include "config/duration.hpp"
#include "config/shown_text.hpp"
#include "config/url.hpp"
#include "supervisor/checks/rule.hpp"

#include <re2/re2.h>

#include <algorithm>
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

template <class Condition>
void read_condition(const std::string& field, const reader& value, std::vector<Condition>& into) {
  const auto text = value.text();
  if (!text)
    return;
  const auto made = parse_comparison(*text);
  const bool ordered = made.op != comparator::equal && made.op != comparator::not_equal;
  const bool number = holds({comparator::less_equal, made.operand}, made.operand);
  if (made.operand.empty())
    value.fail(value.quoted_text() + " compares with nothing");
  else if (ordered && !number)
    value.fail(value.quoted_text() + " can never hold: only numbers are ordered");
  into.push_back({field, made});
}

using values = std::vector<std::pair<std::string, reader>>;

void read_paths(const values& all, std::vector<field_condition>& into) {
  for (const auto& [path, value] : all) {
    if (path.empty() || path.front() == '.' || path.back() == '.' || path.find("..") != path.npos)
      value.fail(in_quotes(path) + " is no path; write one such as checks.db.status");
    read_condition(path, value, into);
  }
}

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void read_headers(const values& all, std::vector<header_condition>& into) {
  std::vector<std::string> seen;
  for (const auto& [name, value] : all) {
    const auto small = in_small_letters(name);
    if (!is_header_name(name))
      value.fail(in_quotes(name) + " is no name of a header");
    else if (std::find(seen.begin(), seen.end(), small) != seen.end())
      value.fail("the header " + in_quotes(small) + " twice; their case does not count");
    seen.push_back(small);
    read_condition(name, value, into);
  }
}

// As the DNS check writes them: addresses in their shortest form, names in lower case
// without the last dot.
void read_answer(const reader& from, dns_record record, std::vector<std::string>& into) {
  auto text = from.text();
  if (!text)
    return;
  if (record == dns_record::a || record == dns_record::aaaa) {
    const auto address = canonical_address(*text);
    const bool v6 = address && address->find(':') != address->npos;
    if (address && v6 == (record == dns_record::aaaa))
      text = address;
    else
      from.fail(from.quoted_text() + " is no answer of type " + std::string{to_string(record)}
                + (record == dns_record::a ? "; write an address such as 192.0.2.1"
                                           : "; write an address such as 2001:db8::1"));
  } else if (record != dns_record::txt) {
    text = in_small_letters(*text);
    if (text->size() > 1 && text->back() == '.')
      text->pop_back();
  }
  into.push_back(*text);
}

void read_answer_list(const reader& from, dns_record record, std::vector<std::string>& into) {
  if (from.is_scalar())
    return read_answer(from, record, into);
  for (const auto& item : from.items("an answer or a list of them"))
    read_answer(item, record, into);
}

void read_answers(const reader& from, dns_record record, expectation& into) {
  if (!from.is_map())
    return read_answer_list(from, record, into.answers);
  fields f{from};
  into.answers_exactly = true;
  const auto all = f.find("exactly");
  if (all)
    read_answer_list(*all, record, into.answers);
  if (f.finish() && !all)
    from.fail("needs 'exactly'");
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

void read_certificate(const reader& from, const check_target& target, limits& into) {
  const auto* http = std::get_if<http_check>(&target);
  const auto* tcp = std::get_if<tcp_check>(&target);
  if (http && scheme_of(http->url) == "http" && http->max_redirects == 0)
    from.fail("an http:// URL has no certificate");
  if (tcp && !tcp->tls)
    from.fail("a plain connection has no certificate; add 'tls: true' to the check");
  read_limits_map(from, into, false);
}

using kind_list = std::initializer_list<std::string_view>;

// Takes `key` if checks of this kind can have it.
std::optional<reader> find_for(fields& f, std::string_view key, std::string_view kind,
                               kind_list kinds) {
  auto at = f.find(key);
  if (!at || std::find(kinds.begin(), kinds.end(), kind) != kinds.end())
    return at;
  at->fail("is nothing that " + std::string{kind} + " checks can expect");
  return {};
}

// Every key is a path in the file, and so are those under 'json'.
void read_json_file(fields& f, std::vector<field_condition>& into) {
  if (const auto at = f.find("json"))
    read_paths(at->entries(), into);
  read_paths(f.rest(), into);
}

void read_for_kind(fields& f, std::string_view kind, check_spec& into) {
  auto& expect = into.expect;
  if (const auto at = find_for(f, "status", kind, {"http"}))
    read_status(*at, expect.status);
  if (const auto at =
        find_for(f, "latency", kind, {"http", "tcp", "exec", "postgres", "redis", "dns", "icmp"}))
    read_latency(*at, into, expect.latency);
  if (const auto at = find_for(f, "body", kind, {"http", "tcp"}))
    read_body(*at, expect);
  if (const auto at = find_for(f, "json", kind, {"http"}))
    read_paths(at->entries(), expect.fields);
  if (const auto at = find_for(f, "headers", kind, {"http"}))
    read_headers(at->entries(), expect.headers);
  if (const auto at = find_for(f, "certificate", kind, {"http", "tcp"}))
    read_certificate(*at, into.target, expect.certificate_left);
  for (const auto* field : {"value", "rows"})
    if (const auto at = find_for(f, field, kind, {"postgres"}))
      read_condition(field, *at, expect.fields);
  if (const auto at = find_for(f, "answers", kind, {"dns"}))
    read_answers(*at, std::get<dns_check>(into.target).record, expect);
}

} // namespace

bool is_header_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F
           && std::string_view{"()<>@,;:\\\"/[]?={}"}.find(static_cast<char>(c))
                == std::string_view::npos;
  });
}

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

void read_expectation(const reader& from, check_spec& into) {
  const auto kind = kind_of(into.target);
  if (from.is_scalar() && kind == "tcp") {
    into.expect.contains = from.text();
    return;
  }
  fields f{from};
  if (kind == "json")
    read_json_file(f, into.expect.fields);
  else
    read_for_kind(f, kind, into);
  if (kind == "redis")
    for (const auto& [field, value] : f.rest())
      read_condition(field, value, into.expect.fields);
  f.finish();
}

} // namespace reeve::config
