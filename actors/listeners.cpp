#include "actors/listeners.hpp"

#include "actors/caf/actor_helpers.hpp"
#include "actors/metrics.hpp"
#include "actors/restarter.hpp"

#include <caf/local_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <utility>

namespace reeve::actors {

namespace {

/// The behaviour of one that hears nothing but facts.
template <class State>
listener::behavior_type listen(listener::stateful_pointer<State> self, world_ptr w,
                               typename State::memory_ptr memory) {
  set_handlers(self);
  auto& state = self->state;
  state.begin(std::move(w), std::move(memory));
  return {
    [&state](facts_wait) { state.hear_facts(); },
    [](are_you_there) { return here_i_am{}; },
  };
}

template <class Memory, class Behavior>
listener_row row(std::string name, const std::shared_ptr<Memory>& memory, publisher::filter wanted,
                 Behavior behavior) {
  return {std::move(name), memory->unread, std::move(wanted),
          [=](caf::local_actor& parent, const world_ptr& w) -> listener {
            return parent.spawn(behavior, w, memory);
          }};
}

/// Others say more to it than facts: they find it by its own type in the directory.
listener_row restarter_row(const std::shared_ptr<restarter_memory>& memory) {
  return {"restarter", memory->unread, is_any_of<health_changed, run_observed, config_applied>,
          [memory](caf::local_actor& parent, const world_ptr& w) -> listener {
            w->who.restarter = parent.spawn(restarter, w, memory);
            return w->who.restarter;
          }};
}

bool is_any(const fact&) {
  return true;
}

} // namespace

std::vector<listener_row> make_listeners(const listener_memories& memories) {
  return {
    row("metrics", memories.metrics, is_any, listen<metrics_state>),
    row(
      "aggregator", memories.aggregator,
      is_any_of<check_finished, health_changed, supervision_changed, decision_made, config_applied>,
      listen<aggregator_state>),
    restarter_row(memories.restarter),
  };
}

} // namespace reeve::actors
