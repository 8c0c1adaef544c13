#pragma once

#include "supervisor/checks/rule.hpp"
#include "supervisor/health.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <string>

namespace reeve {

struct thresholds {
  int unhealthy_after = 3; ///< failures in a row
  int healthy_after = 1;   ///< good verdicts in a row
  /// Failures inside it do not count while starting; who is not healthy when it is over has
  /// failed to start. Zero: none, and the ordinary thresholds hold.
  std::chrono::milliseconds start_period{0};

  bool operator==(const thresholds&) const = default;
};

/// The state of one check.
///
///             ok, degraded (healthy_after in a row)
///   starting ----------------------------------------> healthy <-> degraded
///       |                                                 |   ^
///       | failed (unhealthy_after in a row)               |   |
///       +------------------> unhealthy <------------------+   |
///                                |                            |
///                                +----------------------------+
///                                  healthy_after good in a row
///
/// From anywhere: unhealthy_after runs in a row that could not be run lead to
/// unknown, which the next counted verdict leaves again, to where the verdicts
/// before it had led. A run that could not be run leaves both streaks alone.
struct health_machine {
  reeve::health health = health::starting;
  std::string reason; ///< of the last verdict that was not ok; empty when healthy
  /// What counted verdicts alone say; `health` differs from it only when unknown.
  reeve::health counted = health::starting;
  int failures = 0;  ///< in a row
  int successes = 0; ///< in a row; degraded ones too: the service does answer
  int unknowns = 0;  ///< in a row
  mono_time started; ///< when the service was last (re)started, as far as known

  bool operator==(const health_machine&) const = default;
};

struct health_step {
  health_machine next;
  bool changed = false; ///< the health, not merely the reason or a streak
};

/// Counts a verdict. `skipped` changes nothing.
health_step step(const health_machine& machine, const check_verdict& verdict,
                 const thresholds& limits, mono_time now);

/// Takes a fact: as a verdict with both thresholds 1. The start period still
/// holds for failures, so that a file left by the last run condemns nobody.
health_step step_fact(const health_machine& machine, const check_verdict& fact,
                      const thresholds& limits, mono_time now);

/// No verdict counted yet.
bool is_fresh(const health_machine& machine);

/// Starting again, as after a restart at `now`.
health_machine restarted(mono_time now);

} // namespace reeve
