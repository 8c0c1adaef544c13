#pragma once

#include "supervisor/restarts/child_group.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reeve::actors {

/// How to start, restart and stop one child of a supervisor.
struct child_spec {
  std::string name; ///< unique in its supervisor

  /// Spawns through `self`, the supervisor. A throw or an empty handle is a failed
  /// start: it counts as a restart and is tried again after other messages had
  /// their turn. Called anew for each respawn, so whatever a successor inherits is
  /// its business.
  std::function<caf::actor(caf::local_actor& self)> start;

  restart_type type = restart_type::permanent;
  /// Asked to stop, a child has this long before it is killed. None: for ever.
  std::optional<std::chrono::milliseconds> shutdown = std::chrono::seconds{5};
  /// It is a `supervisor_actor`: its next sibling starts when its children have.
  bool is_supervisor = false;
};

struct supervisor_spec {
  std::string name;
  reeve::strategy strategy = strategy::one_for_one;
  reeve::intensity intensity;
  std::vector<child_spec> children; ///< in start order
  /// Told the name of each child that was started again, for whatever reason.
  std::function<void(const std::string& child)> respawned;
};

/// Appends a child and starts it. A name that is taken is logged and ignored.
struct add_child {
  child_spec child;
};

/// Stops a child (as at shutdown) and forgets it. Orders are carried out one after
/// another, so the same name may be added again at once.
struct remove_child {
  std::string name;
};

/// A supervisor or worker as it stands, with all below it.
struct actor_tree {
  std::string name;
  std::optional<reeve::strategy> strategy; ///< none: a worker
  bool alive = true;
  int respawns = 0; ///< since its supervisor was started
  std::vector<actor_tree> children;
};

struct get_tree {};
struct await_started {};    ///< answered once all children were started for the first time
struct children_started {}; ///< the answer

using supervisor_actor = caf::typed_actor<caf::reacts_to<add_child>, caf::reacts_to<remove_child>,
                                          caf::replies_to<get_tree>::with<actor_tree>,
                                          caf::replies_to<await_started>::with<children_started>>;

/// Erlang/OTP's supervisor over `child_group`: starts children in order, one after
/// another, and answers their ends by its strategy. One stop, start or decision is
/// carried out at a time; what happens meanwhile waits.
/// - Too many restarts: stops all children and quits with `user_shutdown`, so that
///   its own supervisor decides.
/// - An exit message (any reason): stops all children in reverse order, each by exit
///   message, waiting, and killing it after its time, then quits with that reason.
/// - Killed, or failed itself: tells all children to exit.
/// Children added by message are not known to a respawned supervisor: its start
/// function lists those that should be there.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_spec spec);

/// A supervisor as a child of another; `spec` is asked anew for each start.
child_spec supervisor_child(std::string name, std::function<supervisor_spec()> spec,
                            restart_type type = restart_type::permanent);

} // namespace reeve::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::add_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::remove_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::actor_tree)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::get_tree)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::await_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::children_started)
