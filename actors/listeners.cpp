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
    [&state](const told& t) { state.heard(t); },
    [](are_you_there) { return here_i_am{}; },
  };
}

template <class State>
listener_row row(std::string name, typename State::memory_ptr memory, publisher::filter wanted) {
  return {std::move(name), memory->unread, std::move(wanted),
          [memory](caf::local_actor& parent, const world_ptr& w) {
            return parent.spawn(listen<State>, w, memory);
          }};
}

/// It hears more than facts: others have to know it by its own type.
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
    row<metrics_state>("metrics", memories.metrics, is_any),
    row<aggregator_state>("aggregator", memories.aggregator,
                          is_any_of<check_finished, health_changed, supervision_changed,
                                    decision_made, config_applied>),
    restarter_row(memories.restarter),
  };
}

} // namespace reeve::actors
