#pragma once

#include "supervisor/specs/service_spec.hpp"

#include <cstddef>
#include <vector>

namespace reeve {

/// What a plan must know of one child of a group.
struct member {
  bool alive = true;     ///< there is something to stop
  bool startable = true; ///< may be started: not stopped or paused by a person, not removed
};

/// Stops in reverse start order, then starts in start order; both are indices of
/// children. Stops come one after another, and so do starts.
struct restart_plan {
  std::vector<std::size_t> stops;
  std::vector<std::size_t> starts;

  bool operator==(const restart_plan&) const = default;
};

/// OTP's answer to "who else?" when child `failed` is restarted (supervisor.erl,
/// restart/2): itself; all; or itself and those after it.
restart_plan plan_restart(strategy s, const std::vector<member>& members, std::size_t failed);

} // namespace reeve
