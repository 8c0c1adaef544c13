#pragma once

#include "actors/outside.hpp"
#include "supervisor/checks/push_deadline.hpp"
#include "supervisor/facts/snapshot.hpp"
#include "supervisor/facts/views.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace caf {
class actor_system;
}

namespace reeve::io {
class loop;
}

namespace reeve::actors {

/// All of Reeve's actors, as whoever starts them sees them:
///
///     root (rest_for_one)
///      +- metrics, aggregator, restarter: the listeners, as in listeners.cpp
///      +- services (one_for_one)
///          +- one supervisor per group (one_for_one)
///              +- one probe per service
///
/// Loop thread only. Callbacks come on the loop thread, at once or later, exactly
/// once; those for the root's end (`exhausted`, `shut_down`) come from inside an
/// actor, so they may not destroy this.
class daemon_actors {
public:
  struct settings {
    std::shared_ptr<const daemon_spec> spec;
    outside out;
    std::string version;
    /// Nothing is left to try, by the config's `escalate` or because our own actors
    /// failed too often: Reeve ends with exit code 3.
    std::function<void(const std::string& why)> exhausted;
    remembered before;                   ///< what an earlier Reeve left
    std::optional<std::string> pressure; ///< as of `pressure_is`, from the first moment
  };

  /// An actor system of its own on `l`, which must outlive it.
  daemon_actors(io::loop& l, settings s);
  /// On a system of somebody else, whose scheduler runs on this thread.
  daemon_actors(caf::actor_system& system, settings s);
  /// Ends all actors. REQUIRES: not inside an actor, and nobody else runs the loop.
  ~daemon_actors();
  daemon_actors(const daemon_actors&) = delete;
  daemon_actors& operator=(const daemon_actors&) = delete;

  // What the pages are made of.
  snapshot_ptr snapshot() const;
  /// A new text; each call of it gives its next part, and an empty one when that was all.
  std::function<std::string()> metrics_text();
  /// False if one of the listeners, or the root, has not answered within a second.
  void alive(std::function<void(bool)> answer);
  /// Something is known of every service, once: a verdict, or that it does not run.
  bool ready() const;
  void tree(std::function<void(tree_view)> answer);

  void give_order(const std::string& service, order what, std::function<void(order_reply)> answer);
  /// A config that was loaded: only what changed is touched.
  void reload(std::shared_ptr<const daemon_spec> spec);

  // What happened outside.
  /// To be called by `io::child_processes::hooks::exited`.
  void process_exited(const std::string& service);
  /// To be called by `io::child_processes::hooks::waits`.
  void process_waits(const std::string& service, bool waits);
  /// What a service says of itself; false if nobody has this token.
  bool push(std::string_view token, const push_signal& signal);
  void config_reloaded(bool ok);
  /// Of the host: why nothing may be restarted; none: it may.
  void pressure_is(std::optional<std::string> why);
  void observe_http(std::string_view method, std::string_view endpoint, int status,
                    std::chrono::microseconds took);

  /// Orders nothing more, waits up to `grace` for operations under way, then stops
  /// all actors. `done` gets the services whose operation did not end in time. No process
  /// is started any more; to stop them is up to whoever calls this.
  void shut_down(std::chrono::milliseconds grace,
                 std::function<void(std::vector<std::string> under_way)> done);

  /// For tests: kills a listener by its name, "services", "group/NAME" or "probe/NAME"
  /// without warning. False if there is none.
  bool kill(std::string_view actor);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::actors
