#include "actors/series.hpp"

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"')
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

bool is_up(health h) {
  return h == health::healthy || h == health::degraded;
}

} // namespace

std::string
open_labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    out += out.empty() ? '{' : ',';
    out += name;
    out += "=\"";
    append_escaped(out, value);
    out += '"';
  }
  return out;
}

service_series::service_series(const service_spec& spec, const std::string& its_group)
    : service{spec.name} {
  respec(spec, its_group);
}

void service_series::respec(const service_spec& spec, const std::string& its_group) {
  group = its_group;
  labels = open_labels({{"service", service}, {"group", group}});
  const auto before = std::exchange(checks, {});
  for (const auto& check : spec.checks) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const check_series& c) { return c.name == check.name; });
    checks.push_back(
      known != before.end()
        ? *known
        : check_series{check.name, open_labels({{"service", service}, {"check", check.name}})});
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
  if (!is_up(f.to))
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
  ++restarts[f.reason];
}

} // namespace reeve::actors
