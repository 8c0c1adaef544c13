#include "actors/service_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace reeve::actors {

namespace {

enum index : std::size_t {
  up,
  health_state,
  uptime,
  restarts,
  restart_failures,
  backoff,
  given_up,
  check_duration,
  checks,
  count,
};

struct description {
  const char* name;
  const char* type;
  const char* help;
};

constexpr std::array<description, count> descriptions{{
  {"service_up", "gauge", "1 when the service is healthy or degraded."},
  {"service_health", "gauge", "1 for the health that the service is in, 0 for the others."},
  {"service_uptime_seconds", "gauge", "Time since the service came up; 0 when it is not up."},
  {"service_restarts_total", "counter", "Restarts of the service that were carried out."},
  {"service_restart_failures_total", "counter", "Restarts of the service that did not work."},
  {"service_backoff_seconds", "gauge", "The delay before the restart that is being waited for."},
  {"service_given_up", "gauge", "1 when no restart of the service is left."},
  {"check_duration_seconds", "summary", "How long the runs of the check took."},
  {"checks_total", "counter", "Runs of the check by result."},
}};

template <class Number>
void append_number(std::string& out, Number n) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), n).ptr;
  out.append(buffer, end);
}

template <class Number>
void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view more, Number value) {
  out += name;
  out += labels;
  out += more;
  out += ' ';
  append_number(out, value);
  out += '\n';
}

} // namespace

std::string family_header(const std::string& name, const std::string& type,
                          const std::string& help) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

std::string joined_text(std::vector<family_text> families) {
  std::sort(families.begin(), families.end());
  std::size_t size = 0;
  for (const auto& [name, text] : families)
    size += text.size();
  std::string all;
  all.reserve(size);
  for (const auto& [name, text] : families)
    all += text;
  return all;
}

service_text::service_text(const std::string& prefix) {
  for (const auto& d : descriptions) {
    const auto name = prefix + "_" + d.name;
    families_.push_back({name, family_header(name, d.type, d.help), ""});
  }
}

void service_text::add(const service_series& s, mono_time now) {
  const auto put = [&](index i, std::string_view more, auto value) {
    append_sample(families_[i].samples, families_[i].name, s.labels, more, value);
  };
  put(up, "}", s.health == health::healthy || s.health == health::degraded ? 1 : 0);
  put(health_state, R"(,state="healthy"})", s.health == health::healthy ? 1 : 0);
  put(health_state, R"(,state="degraded"})", s.health == health::degraded ? 1 : 0);
  put(health_state, R"(,state="starting"})", s.health == health::starting ? 1 : 0);
  put(health_state, R"(,state="unknown"})", s.health == health::unknown ? 1 : 0);
  put(health_state, R"(,state="unhealthy"})", s.health == health::unhealthy ? 1 : 0);
  const auto since = s.up_since ? now - *s.up_since : mono_time::duration{0};
  put(uptime, "}", std::chrono::duration<double>(since).count());
  for (const auto& [reason, n] : s.restarts)
    put(restarts, ",reason=\"" + reason + "\"}", n);
  put(restart_failures, "}", s.restart_failures);
  put(backoff, "}", s.backoff_seconds);
  put(given_up, "}", s.given_up ? 1 : 0);
  for (const auto& check : s.checks)
    add(check);
}

void service_text::add(const check_series& s) {
  auto& durations = families_[check_duration];
  append_sample(durations.samples, durations.name + "_sum", s.labels, "}", s.duration_sum);
  append_sample(durations.samples, durations.name + "_count", s.labels, "}", s.duration_count);
  static constexpr std::array<std::string_view, check_series::results> results{
    R"(,result="ok"})", R"(,result="degraded"})", R"(,result="failed"})", R"(,result="unknown"})",
    R"(,result="skipped"})"};
  for (std::size_t i = 0; i < results.size(); ++i)
    append_sample(families_[checks].samples, families_[checks].name, s.labels, results[i],
                  s.total[i]);
}

std::vector<family_text> service_text::take() {
  std::vector<family_text> texts;
  for (auto& f : families_)
    if (!f.samples.empty())
      texts.emplace_back(std::move(f.name), f.header.append(f.samples));
  families_.clear();
  return texts;
}

} // namespace reeve::actors
