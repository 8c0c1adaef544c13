#include "actors/metrics.hpp"

#include "actors/actor_helpers.hpp"
#include "actors/tree_walk.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace reeve::actors {

namespace {

constexpr std::size_t services_per_part = 1'000;

} // namespace

void metrics_state::begin(pointer self, world_ptr w, std::shared_ptr<metrics_memory> memory) {
  self_ = self;
  world_ = std::move(w);
  memory_ = std::move(memory);
  while (const auto fact = memory_->unread->take_next())
    take(*fact);
  if (!memory_->waiting.empty())
    render();
}

void metrics_state::heard(const told& t) {
  while (const auto fact = memory_->unread->take(t.position))
    take(*fact);
}

void metrics_state::take(const fact& f) {
  const auto to_service = [&](const auto& about) {
    const auto found = memory_->services.find(about.origin.service);
    if (found != memory_->services.end())
      found->second->take(about);
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
  const auto before = std::exchange(memory_->services, {});
  for (const auto& service : spec.services) {
    const auto in = groups.find(service.name);
    const auto group = in == groups.end() ? std::string{"root"} : in->second;
    const auto known = before.find(service.name);
    auto& series = memory_->services[service.name];
    if (known == before.end()) {
      series = std::make_shared<service_series>(service, group);
    } else {
      series = known->second;
      series->respec(service, group);
    }
  }
  if (spec.metrics_prefix != memory_->prefix)
    spdlog::warn("metrics.prefix: the change to '{}' takes effect when Reeve is started anew",
                 spec.metrics_prefix);
}

void metrics_state::render() {
  if (rendering_)
    return;
  rendering_.emplace(rendering{{}, 0, service_text{memory_->prefix}});
  for (const auto& [service, series] : memory_->services)
    rendering_->services.push_back(series);
  render_part();
}

void metrics_state::render_part() {
  if (!rendering_)
    return;
  auto& r = *rendering_;
  const auto now = world_->out.now().mono;
  const auto end = std::min(r.next + services_per_part, r.services.size());
  for (; r.next < end; ++r.next)
    r.text.add(*r.services[r.next], now);
  if (r.next < r.services.size())
    self_->send(self_, render_further{});
  else
    finish();
}

void metrics_state::finish() {
  if (world_->out.usage)
    memory_->daemon.take(world_->out.usage());
  auto families = rendering_->text.take();
  rendering_.reset();
  for (auto& family : memory_->daemon.text())
    families.push_back(std::move(family));
  const auto text = joined_text(std::move(families));
  for (const auto& answer : std::exchange(memory_->waiting, {}))
    answer(text);
}

metrics_actor::behavior_type metrics(metrics_state::pointer self, world_ptr w,
                                     std::shared_ptr<metrics_memory> memory) {
  set_handlers(self, "metrics");
  auto& state = self->state;
  state.begin(self, std::move(w), std::move(memory));
  return {
    [&state](const told& t) { state.heard(t); },
    [](are_you_there) { return here_i_am{}; },
    [&state](render_text) { state.render(); },
    [&state](render_further) { state.render_part(); },
  };
}

} // namespace reeve::actors
