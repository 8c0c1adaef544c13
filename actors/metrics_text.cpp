#include "actors/metrics_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace reeve::actors {

namespace {

constexpr std::size_t part_size = 64 * 1'024;

/// The samples of one service in one family.
class sample_writer {
public:
  sample_writer(std::string& out, std::string& head, std::string_view family)
      : out_{out}, head_{head}, family_{family} {
  }

  using label = std::pair<std::string_view, std::string_view>;
  /// What the samples that follow have in common.
  void begin(std::string_view suffix, label first, label second) {
    start_.assign(family_).append(suffix);
    append_labels(start_, {first, second});
  }

  template <class Number>
  void put(std::string_view more_labels, Number value) {
    if (!head_.empty())
      out_ += std::exchange(head_, {});
    char number[32];
    const auto end = std::to_chars(std::begin(number), std::end(number), value).ptr;
    out_.append(start_).append(more_labels).append(1, ' ').append(number, end).append(1, '\n');
  }

private:
  std::string& out_;
  std::string& head_;
  std::string_view family_;
  std::string start_;
};

/// One service, as the families see it.
struct subject {
  const std::string& name;
  const service_series& has;
  mono_time now;
};

void begin(sample_writer& to, const subject& s) {
  to.begin("", {"service", s.name}, {"group", s.has.group});
}

void write_up(sample_writer& to, const subject& s) {
  begin(to, s);
  to.put("}", s.has.health == health::healthy || s.has.health == health::degraded ? 1 : 0);
}

void write_health(sample_writer& to, const subject& s) {
  static constexpr std::array<std::pair<health, std::string_view>, 5> states{{
    {health::healthy, R"(,state="healthy"})"},
    {health::degraded, R"(,state="degraded"})"},
    {health::starting, R"(,state="starting"})"},
    {health::unknown, R"(,state="unknown"})"},
    {health::unhealthy, R"(,state="unhealthy"})"},
  }};
  begin(to, s);
  for (const auto& [state, label] : states)
    to.put(label, s.has.health == state ? 1 : 0);
}

void write_uptime(sample_writer& to, const subject& s) {
  const auto since = s.has.up_since ? s.now - *s.has.up_since : mono_time::duration{0};
  begin(to, s);
  to.put("}", std::chrono::duration<double>(since).count());
}

void write_restarts(sample_writer& to, const subject& s) {
  begin(to, s);
  for (const auto& [reason, n] : s.has.restarts)
    to.put(",reason=\"" + reason + "\"}", n);
}

void write_outcomes(sample_writer& to, const subject& s) {
  if (s.has.outcomes == decltype(s.has.outcomes){})
    return; // nearly all services
  for (const auto o :
       {restart_outcome::healthy, restart_outcome::relapsed, restart_outcome::no_effect}) {
    to.begin("", {"service", s.name}, {"outcome", to_string(o)});
    to.put("}", s.has.outcomes[static_cast<std::size_t>(o)]);
  }
}

void write_restart_failures(sample_writer& to, const subject& s) {
  begin(to, s);
  to.put("}", s.has.restart_failures);
}

void write_backoff(sample_writer& to, const subject& s) {
  begin(to, s);
  to.put("}", s.has.backoff_seconds);
}

void write_given_up(sample_writer& to, const subject& s) {
  begin(to, s);
  to.put("}", s.has.given_up ? 1 : 0);
}

void write_durations(sample_writer& to, const subject& s) {
  for (const auto& check : s.has.checks) {
    to.begin("_sum", {"service", s.name}, {"check", check.name});
    to.put("}", check.duration_sum);
    to.begin("_count", {"service", s.name}, {"check", check.name});
    to.put("}", check.duration_count);
  }
}

void write_checks(sample_writer& to, const subject& s) {
  static constexpr std::array<std::string_view, check_series::results> results{
    R"(,result="ok"})", R"(,result="degraded"})", R"(,result="failed"})", R"(,result="unknown"})",
    R"(,result="skipped"})"};
  for (const auto& check : s.has.checks) {
    to.begin("", {"service", s.name}, {"check", check.name});
    for (std::size_t i = 0; i < results.size(); ++i)
      to.put(results[i], check.total[i]);
  }
}

} // namespace

struct metrics_text::service_family {
  const char* name;
  const char* type;
  const char* help;
  void (*write)(sample_writer& to, const subject& s);

  std::string head(const std::string& full_name) const {
    return "# HELP " + full_name + " " + help + "\n# TYPE " + full_name + " " + type + "\n";
  }
};

namespace {

constexpr std::array<metrics_text::service_family, 10> service_families{{
  {"service_up", "gauge", "1 when the service is healthy or degraded.", write_up},
  {"service_health", "gauge", "1 for the health that the service is in, 0 for the others.",
   write_health},
  {"service_uptime_seconds", "gauge", "Time since the service came up; 0 when it is not up.",
   write_uptime},
  {"service_restarts_total", "counter", "Restarts of the service that were carried out.",
   write_restarts},
  {"service_restart_failures_total", "counter", "Restarts of the service that did not work.",
   write_restart_failures},
  {"restart_outcomes_total", "counter",
   "What became of restarts; one that relapsed had been healthy before.", write_outcomes},
  {"service_backoff_seconds", "gauge", "The delay before the restart that is being waited for.",
   write_backoff},
  {"service_given_up", "gauge", "1 when no restart of the service is left.", write_given_up},
  {"check_duration_seconds", "summary", "How long the runs of the check took.", write_durations},
  {"checks_total", "counter", "Runs of the check by result.", write_checks},
}};

} // namespace

metrics_text::metrics_text(std::shared_ptr<const metrics_memory> from, mono_time now)
    : from_{std::move(from)}, now_{now} {
  for (auto& [name, text] : from_->daemon.text())
    families_.push_back({std::move(name), std::move(text)});
  for (const auto& each : service_families) {
    auto name = from_->prefix + "_" + each.name;
    auto head = each.head(name);
    families_.push_back({std::move(name), std::move(head), &each});
  }
  std::sort(families_.begin(), families_.end(),
            [](const family& a, const family& b) { return a.name > b.name; });
}

std::string metrics_text::next() {
  std::string part;
  part.reserve(part_size + part_size / 16);
  while (!families_.empty() && part.size() < part_size) {
    auto& f = families_.back();
    if (!f.each)
      part += f.text;
    else if (!write_services(f, part))
      break;
    families_.pop_back();
  }
  return part;
}

/// True when that was the last of them.
bool metrics_text::write_services(family& f, std::string& part) {
  const auto& services = from_->in_order;
  sample_writer to{part, f.text, f.name};
  auto next = std::upper_bound(services.begin(), services.end(), last_,
                               [](const auto& name, const auto* s) { return name < s->first; });
  for (; next != services.end() && part.size() < part_size; ++next)
    f.each->write(to, {(*next)->first, (*next)->second, now_});
  const bool complete = next == services.end();
  last_ = complete ? std::string{} : (*std::prev(next))->first;
  return complete;
}

} // namespace reeve::actors
