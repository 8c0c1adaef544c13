#include "actors/metrics.hpp"

#include "actors/tree_walk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace reeve::actors {

void metrics_state::take(const fact& f) {
  const auto to_service = [&](const auto& about) {
    const auto found = memory_->services.find(about.origin.service);
    if (found != memory_->services.end())
      found->second.take(about);
  };
  std::visit(
    [&](const auto& x) {
      using type = std::decay_t<decltype(x)>;
      if constexpr (requires { std::declval<service_series&>().take(x); })
        to_service(x);
      if constexpr (requires { memory_->daemon.take(x); })
        memory_->daemon.take(x);
      if constexpr (std::is_same_v<type, config_applied>)
        take_config(*x.spec);
    },
    f);
}

/// Series of removed services vanish; those that stay keep their numbers.
void metrics_state::take_config(const daemon_spec& spec) {
  const auto groups = groups_of_services(spec.tree);
  auto before = std::exchange(memory_->services, {});
  auto& in_order = memory_->in_order;
  in_order.clear();
  for (const auto& service : spec.services) {
    const auto in = groups.find(service.name);
    auto& series = memory_->services[service.name];
    if (auto known = before.extract(service.name); !known.empty())
      series = std::move(known.mapped());
    series.respec(service, in == groups.end() ? "root" : in->second);
  }
  for (const auto& series : memory_->services)
    in_order.push_back(&series);
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  if (spec.metrics_prefix != memory_->prefix)
    spdlog::warn("metrics.prefix: the change to '{}' takes effect when Reeve is started anew",
                 spec.metrics_prefix);
}

} // namespace reeve::actors
