#pragma once

#include "io/docker/docker_engine.hpp"
#include "io/processes/child_processes.hpp"
#include "supervisor/restarts/stop_order.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace reeve::io {

enum class operation { stop, start, restart };

/// Carries out what the restarter orders, whatever the target is: a child, a
/// container, a command. Completions come exactly once, on the loop thread.
/// Outlives the actors, so that an operation under way survives the death of who
/// ordered it.
class restart_targets {
public:
  /// What a command gets on top of the stop timeout of its service, for which it may have to
  /// wait itself; and between SIGTERM and SIGKILL when Reeve ends.
  struct graces {
    std::chrono::milliseconds of_commands{30'000};
    std::chrono::milliseconds at_the_end = operation_grace;
  };

  restart_targets(loop& l, child_processes& children, docker_engine* docker)
      : restart_targets{l, children, docker, graces{}} {
  }
  restart_targets(loop& l, child_processes& children, docker_engine* docker, graces g);
  /// Commands under way are killed; completions are called with an error.
  ~restart_targets();

  using completion = std::function<void(operation_outcome)>;

  /// Commands of an `exec` target have `graces` more than the stop timeout; a missing `stop`
  /// succeeds, a missing `start` is done by `restart`, a missing `restart` by
  /// `stop`, whatever its exit code, and `start`.
  ///
  /// REQUIRES: `spec.restart.target` is not `monostate`, and no operation on this
  /// service is under way.
  void carry_out(operation what, const service_spec& spec, completion done);

  /// Reeve is ending: each command under way, and each that is still begun, has the stop
  /// timeout of its service to come to its end; then SIGTERM, and after the grace SIGKILL to its
  /// process group.
  void close();
  /// SIGKILL to the commands under way, at once.
  void kill_all();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
