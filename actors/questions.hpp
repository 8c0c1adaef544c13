#pragma once

#include "actors/actor_plan.hpp"
#include "supervisor/facts/views.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace reeve::actors {

// What those who are not actors ask of the actors: each question is an actor of its
// own for as long as it takes, a second at most.

/// True when the root and all all listeners have answered.
void ask_whether_alive(caf::actor_system& system, const supervisor_actor& root,
                       const directory& who, std::function<void(bool)> answer);

/// An empty view if the root does not answer in time.
void ask_for_tree(caf::actor_system& system, const supervisor_actor& root,
                  std::function<void(actor_view)> answer);

/// See `daemon_actors::shut_down`.
void close(caf::actor_system& system, const supervisor_actor& root, const plan_ptr& plan,
           std::chrono::milliseconds grace, std::function<void(std::vector<std::string>)> done);

} // namespace reeve::actors
