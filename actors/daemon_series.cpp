#include "actors/daemon_series.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

using buckets = prometheus::Histogram::BucketBoundaries;

const buckets seconds_from_1_ms{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                0.25,  0.5,    1,     2.5,  5,     10};

prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& r, const std::string& name,
                                                 const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(r);
}

prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& r, const std::string& name,
                                             const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(r);
}

prometheus::Family<prometheus::Histogram>&
histogram(prometheus::Registry& r, const std::string& name, const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(r);
}

template <class Duration>
double in_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

} // namespace

daemon_series::daemon_series(const std::string& prefix, const std::string& version)
    : registry_{std::make_shared<prometheus::Registry>()}, prefix_{prefix} {
  auto& r = *registry_;
  latency_ = &histogram(r, prefix + "_check_latency_seconds", "Duration of check runs by kind.");
  lag_ = &histogram(r, prefix + "_schedule_lag_seconds", "How late check runs started.")
            .Add({}, seconds_from_1_ms);
  reaction_ =
    &histogram(r, prefix + "_reaction_seconds",
               "From a failure seen to what Reeve did first, without the planned delay: order the "
               "restart, look once more or hold it back.")
       .Add({}, seconds_from_1_ms);
  respawns_ = &counter(r, prefix + "_actor_respawns_total", "Starts anew of Reeve's own actors.");
  reloads_ = &counter(r, prefix + "_config_reloads_total", "Reloads of the config by result.");
  for (const auto* result : {"ok", "refused"})
    reloads_->Add({{"result", result}});
  gauge(r, prefix + "_build_info", "Always 1; the version of Reeve is a label.")
    .Add({{"version", version}})
    .Set(1);
  requests_ = &counter(r, "http_requests_total", "HTTP requests answered.");
  request_duration_ = &histogram(r, "http_request_duration_seconds", "Time to answer a request.");
}

void daemon_series::take(const check_finished& f) {
  if (f.verdict.result == check_result::skipped)
    return;
  auto& h = latency_by_kind_[f.kind];
  if (!h)
    h = &latency_->Add({{"kind", std::string{f.kind}}}, seconds_from_1_ms);
  h->Observe(in_seconds(f.latency));
  lag_->Observe(in_seconds(f.lag));
}

void daemon_series::take(const restart_finished& f) {
  if (f.reaction)
    reaction_->Observe(in_seconds(*f.reaction));
}

void daemon_series::take(const actor_respawned& f) {
  respawns_->Add({{"actor", f.actor}}).Increment();
}

void daemon_series::take(const config_reloaded& f) {
  reloads_->Add({{"result", f.ok ? "ok" : "refused"}}).Increment();
}

void daemon_series::take(const request_answered& f) {
  requests_
    ->Add({{"method", f.method}, {"endpoint", f.endpoint}, {"status", std::to_string(f.status)}})
    .Increment();
  request_duration_->Add({{"method", f.method}, {"endpoint", f.endpoint}}, seconds_from_1_ms)
    .Observe(in_seconds(f.took));
}

void daemon_series::take(const process_usage& now) {
  auto& r = *registry_;
  if (!cpu_) {
    cpu_ = &counter(r, "process_cpu_seconds_total", "Processor time used.").Add({});
    resident_ = &gauge(r, "process_resident_memory_bytes", "Resident memory.").Add({});
    open_fds_ = &gauge(r, "process_open_fds", "Open file descriptors.").Add({});
    start_time_ = &gauge(r, "process_start_time_seconds", "Start, in Unix time.").Add({});
    longest_turn_ = &gauge(r, prefix_ + "_loop_longest_turn_seconds",
                           "The longest turn of the loop since the last time this was read.")
                       .Add({});
  }
  cpu_->Increment(std::max(0.0, now.cpu_seconds - cpu_->Value()));
  resident_->Set(static_cast<double>(now.resident_bytes));
  open_fds_->Set(now.open_fds);
  start_time_->Set(now.start_time);
  longest_turn_->Set(in_seconds(now.longest_turn));
}

void daemon_series::take(const storage_health& now) {
  auto& r = *registry_;
  if (!kept_) {
    kept_ = &gauge(r, prefix_ + "_state_kept",
                   "1 while the state of services is kept in the state folder, 0 during trouble.")
               .Add({});
    writes_ = &counter(r, prefix_ + "_state_writes_total", "Transactions that kept state.").Add({});
    errors_ =
      &counter(r, prefix_ + "_state_errors_total", "Attempts to keep state that failed.").Add({});
  }
  kept_->Set(now.trouble.empty() ? 1 : 0);
  writes_->Increment(static_cast<double>(now.writes) - writes_->Value());
  errors_->Increment(static_cast<double>(now.errors) - errors_->Value());
}

std::vector<family_text> daemon_series::text() const {
  std::vector<family_text> texts;
  for (auto& family : registry_->Collect()) {
    auto name = family.name;
    texts.emplace_back(
      std::move(name),
      prometheus::TextSerializer{}.prometheus::Serializer::Serialize({std::move(family)}));
  }
  return texts;
}

} // namespace reeve::actors
