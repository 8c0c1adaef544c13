#pragma once

#include "io/checks/check.hpp"
#include "io/docker/docker_engine.hpp"
#include "io/processes/child_processes.hpp"
#include "io/restart_targets.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/service_spec.hpp"
#include "supervisor/time.hpp"
#include "supervisor/tree/remembered.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reeve::actors {

/// How a child process stands: what a probe reads when it may have missed its exit.
struct child_state {
  std::optional<int> pid;
  std::optional<io::process_exit> last_exit;  ///< none: it runs, or never ran
  std::optional<std::string> why_not_started; ///< the newest start failed
};

/// What Reeve itself uses, for the `process_*` metrics.
struct process_usage {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  int open_fds = 0;
  double start_time = 0;                     ///< Unix time
  std::chrono::microseconds longest_turn{0}; ///< of the loop, since it was last asked
};

/// The actors' only way to the world, handed in as functions so that tests and
/// simulations can put another world there. All are called on the loop thread;
/// completions come there too, exactly once, and never before the call returned.
/// Empty functions are allowed where a comment says so.
struct outside {
  std::function<std::unique_ptr<io::check>(const check_spec&)> make_check;

  using completion = std::function<void(io::operation_outcome)>;
  std::function<void(io::operation, const service_spec&, completion)> carry_out;

  /// As `io::docker_engine`. May be empty: there is no engine.
  std::function<void(const std::string& container, const std::string& key,
                     std::function<void(const io::container_fact&)>)>
    watch;
  std::function<void(const std::string& container, const std::string& key)> unwatch;
  std::function<void(const std::string& container)> remember_stopped; ///< may be empty

  std::function<child_state(const std::string& service)> child;
  std::function<void(const std::string& service)> forget_child; ///< may be empty

  /// Keeps what outlives Reeve: these are changes. `kept`, if any, is called soon: when all that
  /// was handed over so far is on the disk, or it is known not to get there. May be empty: nothing
  /// outlives Reeve.
  std::function<void(const remembered& changes, std::function<void()> kept)> remember;
  std::function<storage_health()> storage; ///< how that goes; may be empty

  /// The snapshot is another than when this was called last: called once in a turn of the
  /// loop at most, however many facts the turn brought, from no actor's handler, and never
  /// after `daemon_actors` is gone. Render nothing in it, for checks wait meanwhile: note
  /// it, and look at the snapshot when there is somebody to show it to. May be empty.
  std::function<void()> snapshot_changed;
  /// Runs `task` in the loop's next turn, outside of any actor. May be empty if
  /// `snapshot_changed` is.
  std::function<void(std::function<void()> task)> next_turn;

  std::function<instant()> now;
  std::function<double()> random;       ///< in [0, 1)
  std::function<process_usage()> usage; ///< may be empty: no `process_*` metrics
};

} // namespace reeve::actors
