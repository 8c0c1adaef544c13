// metrics_text SERVICES ROUNDS: the processor time of rendering the series of SERVICES services
// once, by Reeve's writer and by prometheus-cpp's registry and serializer.

#include "actors/metrics_text.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

struct measured {
  double milliseconds = 0; ///< the median
  std::size_t bytes = 0;
};

template <class Render>
measured measure(int rounds, Render render) {
  measured m;
  std::vector<double> took;
  for (int i = 0; i < rounds; ++i) {
    const auto before = cpu_milliseconds();
    m.bytes = render();
    took.push_back(cpu_milliseconds() - before);
  }
  std::sort(took.begin(), took.end());
  m.milliseconds = took[took.size() / 2];
  return m;
}

std::string name_of(int i) {
  return "service-" + std::to_string(i);
}

std::shared_ptr<const reeve::actors::metrics_memory> own_series(int services) {
  auto all = std::make_shared<reeve::actors::metrics_memory>("reeve", "1");
  for (int i = 0; i < services; ++i) {
    reeve::service_spec spec;
    spec.name = name_of(i);
    spec.checks.emplace_back().name = "http";
    auto& s = all->services[spec.name];
    s.respec(spec, "root");
    s.health = reeve::health::healthy;
    s.up_since = std::chrono::steady_clock::now();
    for (auto& c : s.checks) {
      c.total[0] = 1'000U + static_cast<unsigned>(i);
      c.duration_sum = 1.2345 + i;
      c.duration_count = c.total[0];
    }
  }
  for (const auto& service : all->services)
    all->in_order.push_back(&service);
  std::sort(all->in_order.begin(), all->in_order.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return all;
}

/// The same families, label sets and values.
void fill(prometheus::Registry& r, int services) {
  const auto gauge = [&r](const char* name) -> auto& {
    return prometheus::BuildGauge().Name(name).Help("A gauge.").Register(r);
  };
  auto& up = gauge("reeve_service_up");
  auto& health = gauge("reeve_service_health");
  auto& uptime = gauge("reeve_service_uptime_seconds");
  auto& backoff = gauge("reeve_service_backoff_seconds");
  auto& given_up = gauge("reeve_service_given_up");
  auto& failures = prometheus::BuildCounter()
                     .Name("reeve_service_restart_failures_total")
                     .Help("A counter.")
                     .Register(r);
  auto& checks =
    prometheus::BuildCounter().Name("reeve_checks_total").Help("A counter.").Register(r);
  auto& durations =
    prometheus::BuildSummary().Name("reeve_check_duration_seconds").Help("A summary.").Register(r);
  for (int i = 0; i < services; ++i) {
    const std::map<std::string, std::string> service{{"service", name_of(i)}, {"group", "root"}};
    const std::map<std::string, std::string> check{{"service", name_of(i)}, {"check", "http"}};
    const auto with = [](auto labels, const char* key, const char* value) {
      labels.emplace(key, value);
      return labels;
    };
    up.Add(service).Set(1);
    for (const auto* state : {"healthy", "degraded", "starting", "unknown", "unhealthy"})
      health.Add(with(service, "state", state)).Set(*state == 'h' ? 1 : 0);
    uptime.Add(service).Set(12.345);
    backoff.Add(service).Set(0);
    given_up.Add(service).Set(0);
    failures.Add(service);
    for (const auto* result : {"ok", "degraded", "failed", "unknown", "skipped"})
      checks.Add(with(check, "result", result)).Increment(*result == 'o' ? 1'000 + i : 0);
    durations.Add(check, prometheus::Summary::Quantiles{}).Observe(1.2345 + i);
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  const int services = std::atoi(argv[1]);
  const int rounds = std::atoi(argv[2]);
  const auto series = own_series(services);
  const auto own = measure(rounds, [&series] {
    reeve::actors::metrics_text text{series, std::chrono::steady_clock::now()};
    std::size_t bytes = 0;
    for (auto part = text.next(); !part.empty(); part = text.next())
      bytes += part.size();
    return bytes;
  });
  prometheus::Registry registry;
  fill(registry, services);
  const auto stock = measure(rounds, [&registry] {
    return prometheus::TextSerializer{}
      .prometheus::Serializer::Serialize(registry.Collect())
      .size();
  });
  std::printf(R"({"reeve_ms": %.3f, "reeve_bytes": %zu, "stock_ms": %.3f, "stock_bytes": %zu})"
              "\n",
              own.milliseconds, own.bytes, stock.milliseconds, stock.bytes);
}
