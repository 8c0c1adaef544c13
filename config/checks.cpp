#include "config/checks.hpp"

#include "config/address.hpp"
#include "config/check_kinds.hpp"
#include "config/duration.hpp"
#include "config/expectation.hpp"
#include "config/shown_text.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

constexpr auto shortest_interval = 10ms;
constexpr int most_in_a_row = 1'000;

// For messages: "http, tcp, ... or push".
std::string kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : check_kinds())
    names.emplace_back(kind.name);
  return alternatives(names);
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const check_kind* kind_of_url(std::string_view url) {
  const auto scheme = is_unix_url(url) ? "unix" : scheme_of(url);
  for (const auto& kind : check_kinds())
    if (has(kind.schemes, scheme))
      return &kind;
  return nullptr;
}

const check_kind* read_short(const reader& at, check_spec& into) {
  const auto text = at.text();
  if (!text)
    return nullptr;
  const auto* kind = kind_of_url(*text);
  if (!kind) {
    at.fail(at.quoted_text()
            + " is no URL of a check; write http://, https://, tcp://host:port, unix:/path, "
              "postgres://, redis:// or docker://NAME, or a map such as "
              "{exec: [program, argument]}");
    return nullptr;
  }
  node no_options;
  no_options.what = node::kind::map;
  fields none{reader{no_options, at.at(), at.path(), at.shared()}};
  kind->read(at, none, into);
  return kind;
}

// Complains of what belongs to other kinds than `chosen`; null: nobody knows to which.
void refuse_options(fields& f, const check_kind* chosen) {
  std::map<std::string_view, std::vector<std::string>> owners;
  for (const auto& kind : check_kinds())
    for (const auto option : kind.options)
      owners[option].emplace_back(kind.name);
  for (const auto& [option, kinds] : owners) {
    const auto at = f.find(option);
    if (at && chosen && !has(chosen->options, option))
      at->fail("is for checks of kind " + alternatives(kinds) + ", not "
               + std::string{chosen->name});
  }
}

void warn_of_thresholds(fields& f, const check_spec& check) {
  const auto at = f.find("healthy_after");
  if (at && check.healthy_after > 1 && tells_facts(check.target))
    at->warn("has no effect: what a " + std::string{kind_of(check.target)}
             + " check tells is a fact, and counts at once");
}

void read_kind(fields& f, const check_kind& kind, const reader& at, check_spec& into) {
  kind.read(at, f, into);
  refuse_options(f, &kind);
  if (const auto expect = f.find("expect"))
    read_expectation(*expect, into);
  warn_of_thresholds(f, into);
}

struct chosen_kind {
  const check_kind* kind = nullptr; ///< none, or several
  std::optional<reader> value;
  bool named = false; ///< at least one
};

chosen_kind find_kind(fields& f) {
  chosen_kind chosen;
  bool several = false;
  for (const auto& kind : check_kinds()) {
    const auto at = f.find(kind.name);
    if (at && chosen.named) {
      at->fail("'" + std::string{chosen.kind->name} + "' and '" + std::string{kind.name}
               + "' in one check; a check has one kind, and a service may have several 'checks'");
      several = true;
    } else if (at) {
      chosen = {&kind, at, true};
    }
  }
  if (several)
    chosen.kind = nullptr;
  return chosen;
}

const check_kind* read_long(const reader& from, check_spec& into, bool& has_role) {
  fields f{from};
  read_timing(f, into);
  has_role = f.word("role", into.role).has_value();
  const auto chosen = find_kind(f);
  if (chosen.kind)
    read_kind(f, *chosen.kind, *chosen.value, into);
  else
    refuse_options(f, nullptr), f.find("expect");
  if (f.finish() && !chosen.named)
    from.fail("names no kind of check; add one of " + kind_names());
  return chosen.kind;
}

check_spec read_check(const reader& from, const check_spec& defaults, bool in_a_list) {
  auto made = defaults;
  const check_kind* kind = nullptr;
  bool has_role = false;
  if (from.is_map())
    kind = read_long(from, made, has_role);
  else if (from.is_scalar())
    kind = read_short(from, made);
  else
    from.fail_type("a URL or a map");
  if (kind && in_a_list && !has_role)
    made.role = kind->in_a_list;
  made.timeout = std::min(made.timeout, made.interval); // inherited ones are shortened
  made.retry = std::min(made.retry, made.interval);
  return made;
}

void name_checks(std::vector<check_spec>& checks) {
  std::map<std::string_view, int> seen;
  for (auto& check : checks) {
    const auto kind = kind_of(check.target);
    const auto n = ++seen[kind];
    check.name = std::string{kind} + (n > 1 ? "-" + std::to_string(n) : "");
  }
}

} // namespace

void read_timing(fields& from, check_spec& into) {
  const auto problems = from.self().shared().problems.count();
  from.duration("interval", into.interval, shortest_interval);
  const auto timeout = from.duration("timeout", into.timeout, 1ms);
  const auto retry = from.duration("retry", into.retry, shortest_interval);
  from.whole("unhealthy_after", into.unhealthy_after, 1, most_in_a_row);
  from.whole("healthy_after", into.healthy_after, 1, most_in_a_row);
  from.duration("start_period", into.start_period, 0ms);
  const bool clean = problems == from.self().shared().problems.count();
  const auto refuse_longer = [&](const auto& at, auto given) {
    if (clean && at && given > into.interval)
      at->fail("longer than the interval: " + format_duration(given) + " over "
               + format_duration(into.interval));
  };
  refuse_longer(timeout, into.timeout);
  refuse_longer(retry, into.retry);
}

std::vector<check_spec> read_single_check(const reader& from, const check_spec& defaults) {
  std::vector<check_spec> checks;
  if (from.is_list())
    from.fail("is for one check; name it 'checks' for a list of them");
  else
    checks.push_back(read_check(from, defaults, false));
  name_checks(checks);
  return checks;
}

std::vector<check_spec> read_checks(const reader& from, const check_spec& defaults) {
  std::vector<check_spec> checks;
  for (const auto& item : from.items("a list of checks (a single one is named 'check')"))
    checks.push_back(read_check(item, defaults, true));
  name_checks(checks);
  return checks;
}

} // namespace reeve::config
