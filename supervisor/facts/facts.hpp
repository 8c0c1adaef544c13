#pragma once

#include "supervisor/facts/decision.hpp"
#include "supervisor/health.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

// What happened, as told by probes and the restarter to whoever subscribed.
// Facts are never merged or lost; pictures made from them are.

/// Where and when a fact belongs. `sequence` grows with each fact of any service;
/// `incarnation` with each start of it.
struct fact_origin {
  std::string service;
  std::uint32_t incarnation = 0;
  std::uint64_t sequence = 0;
  instant at;

  bool operator==(const fact_origin&) const = default;
};

/// One check was run once (or skipped).
struct check_finished {
  fact_origin origin;
  std::string check;     ///< its name in the service
  std::string_view kind; ///< what `kind_of` says
  check_verdict verdict;
  reeve::health health = health::starting; ///< of the check, after this verdict
  std::chrono::microseconds latency{0};
  std::chrono::microseconds lag{0}; ///< how late it started
  std::optional<wall_time> next;    ///< when the next is due, if any is

  bool operator==(const check_finished&) const = default;
};

/// A service's health differs from before, or the set of its reasons does.
struct health_changed {
  fact_origin origin;
  health from = health::starting;
  health to = health::starting;
  /// The worst of the liveness checks, and of what exits and containers tell:
  /// what a restart is decided by.
  health liveness = health::starting;
  std::string check;                  ///< the worst one's name
  std::string reason;                 ///< of the worst one
  int failures = 0;                   ///< in a row, of the worst one
  bool alive = true;                  ///< something is there to be stopped
  bool clean = false;                 ///< not alive, and it ended with success by itself
  std::optional<mono_time> last_good; ///< newest good liveness verdict of this run
  bool with_engine = false;           ///< not alive, and its engine's end explains that

  bool operator==(const health_changed&) const = default;
};

/// What Reeve does about a service differs from before.
struct supervision_changed {
  fact_origin origin;
  supervision from = supervision::running;
  supervision to = supervision::running;
  std::string group;
  std::string reason;
  int attempt = 0;
  std::chrono::milliseconds backoff{0}; ///< while waiting
  std::optional<wall_time> next_restart;
  std::uint64_t restarts = 0; ///< finished ones

  bool operator==(const supervision_changed&) const = default;
};

/// Something was decided about a service's restart, or one turned out so.
struct decision_made {
  fact_origin origin;
  tree_news what;

  bool operator==(const decision_made&) const = default;
};

/// A restart that was ordered came to its end.
struct restart_finished {
  fact_origin origin;
  std::string group;
  std::string reason; ///< why it was ordered: one of the words of `restart_cause`
  bool ok = true;
  std::string problem; ///< when not ok
  /// From a failure seen to what Reeve did first: order this restart, look once more or hold it
  /// back. Without the planned delay; none: it was ordered for another cause than a failure.
  std::optional<std::chrono::microseconds> reaction;

  bool operator==(const restart_finished&) const = default;
};

} // namespace reeve
