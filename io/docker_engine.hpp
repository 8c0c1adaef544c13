#pragma once

#include "io/operation_outcome.hpp"
#include "supervisor/result.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reeve::io {

class loop;

/// A container as the engine describes it.
struct container_state {
  bool exists = true; ///< false: the engine knows no such container
  bool running = false;
  bool restarting = false; ///< the engine itself is about to restart it
  bool paused = false;
  bool oom_killed = false;
  int exit_code = 0;
  std::string health;         ///< HEALTHCHECK: "", "starting", "healthy", "unhealthy"
  std::string health_output;  ///< of its last run, shortened
  std::string restart_policy; ///< "no", "always", "unless-stopped", "on-failure"
  wall_time started_at{};
  wall_time finished_at{};
};

/// What became of a watched container, told once per change: from an event, or
/// from the list after a gap. Follows the rules of who stopped it.
struct container_fact {
  enum class kind {
    running,     ///< started by somebody, or found running
    failed,      ///< it ended, and nobody wanted that (or was found so after a gap)
    ended,       ///< it ended by itself with exit code 0
    stopped,     ///< a person stopped it
    paused,      ///< a person paused it: it is there, and frozen
    at_rest,     ///< down by our own doing; told when nothing was known of it before
    removed,     ///< there is no such container
    unreachable, ///< the engine does not answer: nothing is known
  };
  kind what = kind::running;
  std::string reason;           ///< one sentence part ("exited with code 137 (out of memory)")
  bool engine_restarts = false; ///< with `failed`: the engine restarts it itself
  std::string health;           ///< with `running`: HEALTHCHECK, as in container_state
  /// With `running`: by which the engine restarts it itself ("always"); empty: it does not.
  std::string restart_policy;
  wall_time started_at{};   ///< with `running`: its run
  bool with_engine = false; ///< with `failed`: the engine's own end explains it
};

/// Docker's Engine API over its unix socket. Event-driven and level-triggered:
/// subscribes before it lists, lists again after every gap and every 30 s.
/// Reconnects with backoff. Loop thread only.
class docker_engine {
public:
  explicit docker_engine(loop& l, std::string socket,
                         std::chrono::milliseconds relist = std::chrono::seconds{30});
  /// Requests under way complete with an error, before it returns.
  ~docker_engine();

  /// The reason why not, if unreachable.
  status reachable() const;

  using completion = std::function<void(operation_outcome)>;

  void inspect(const std::string& container, std::function<void(result<container_state>)> done);

  // Each is judged by the container's state afterwards, not by the engine's reply,
  // and waits longer than the stop timeout. Stops and starts of ours are not told
  // as somebody else's.
  /// Nothing is done if it runs.
  void start(const std::string& container, completion done);
  void stop(const std::string& container, std::chrono::milliseconds stop_timeout, completion done);
  /// What is paused is left so: an error without a target.
  void restart(const std::string& container, std::chrono::milliseconds stop_timeout,
               completion done);

  /// Tells how `container` is now, then every change; never before `watch` has returned. While it
  /// is down by our own doing there is nothing to tell. By name or id; one watcher per container
  /// and `key`; same key again replaces.
  void watch(const std::string& container, const std::string& key,
             std::function<void(const container_fact&)> told);
  void unwatch(const std::string& container, const std::string& key);

  /// A person stopped it, as somebody remembers from an earlier life of Reeve; kept over gaps.
  void remember_stopped(const std::string& container);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
