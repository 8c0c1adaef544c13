#include "actors/series.hpp"

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

void append_escaped(std::string& out, std::string_view value) {
  // Nearly always. find_first_of would call memchr for each character.
  if (std::none_of(value.begin(), value.end(),
                   [](char c) { return c == '\\' || c == '"' || c == '\n'; })) {
    out += value;
    return;
  }
  for (const char c : value) {
    if (c == '\\' || c == '"')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

} // namespace

void append_labels(std::string& out,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  auto before = '{';
  for (const auto& [name, value] : pairs) {
    out.append(1, std::exchange(before, ',')).append(name).append("=\"");
    append_escaped(out, value);
    out += '"';
  }
}

void service_series::respec(const service_spec& spec, const std::string& its_group) {
  group = its_group;
  const auto before = std::exchange(checks, {});
  checks.reserve(spec.checks.size());
  for (const auto& check : spec.checks) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const check_series& c) { return c.name == check.name; });
    checks.push_back(known != before.end() ? *known : check_series{check.name});
  }
}

void service_series::take(const check_finished& f) {
  const auto found = std::find_if(checks.begin(), checks.end(),
                                  [&](const check_series& c) { return c.name == f.check; });
  if (found == checks.end())
    return;
  ++found->total[static_cast<std::size_t>(f.verdict.result)];
  if (f.verdict.result == check_result::skipped)
    return;
  found->duration_sum += std::chrono::duration<double>(f.latency).count();
  ++found->duration_count;
}

void service_series::take(const health_changed& f) {
  if (!is_good(f.to))
    up_since.reset();
  else if (!up_since)
    up_since = f.origin.at.mono;
  health = f.to;
}

void service_series::take(const supervision_changed& f) {
  given_up = f.to == supervision::given_up;
  backoff_seconds = std::chrono::duration<double>(f.backoff).count();
}

void service_series::take(const restart_finished& f) {
  if (!f.ok) {
    ++restart_failures;
    return;
  }
  const auto known = std::find_if(restarts.begin(), restarts.end(),
                                  [&](const auto& r) { return r.first == f.reason; });
  if (known != restarts.end())
    ++known->second;
  else
    restarts.emplace_back(f.reason, 1);
}

void service_series::take(const decision_made& f) {
  if (const auto* judged = std::get_if<restart_judged>(&f.what))
    ++outcomes[static_cast<std::size_t>(judged->what)];
}

} // namespace reeve::actors
