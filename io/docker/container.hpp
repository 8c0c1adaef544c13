#pragma once

#include "supervisor/time.hpp"

#include <string>

namespace reeve::io {

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

} // namespace reeve::io
