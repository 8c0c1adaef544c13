#pragma once

#include "supervisor/checks/rule.hpp"

#include <chrono>
#include <string>

namespace reeve {

/// What one run of a check brought.
struct check_outcome {
  enum class kind {
    answered,  ///< judge `answer` by the check's expectation
    failed,    ///< the service did not do its part: refused, timed out, reset, ...
    not_run,   ///< we could not ask: says nothing about the service
    cancelled, ///< the check object went away, or Reeve is stopping
  };
  kind what = kind::answered;
  reply answer;
  std::string reason;   ///< one sentence part, when not answered
  bool at_once = false; ///< a `not_run` that makes the service unknown at once (Docker unreachable)
  /// A `not_run` for want of descriptors, ports or memory of ours: fewer checks should
  /// run at once.
  bool exhausted = false;
  bool starting = false; ///< a `not_run` since it has only begun and says so itself: a HEALTHCHECK
  std::chrono::microseconds waited{0}; ///< for its turn, before it began
};

/// The verdict on an outcome: by `evaluate` if answered.
check_verdict judge(const expectation& expected, const check_outcome& outcome);

} // namespace reeve
