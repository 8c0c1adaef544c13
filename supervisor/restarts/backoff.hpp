#pragma once

#include "supervisor/specs/restart_spec.hpp"

#include <chrono>

namespace reeve {

/// How long to wait before attempt `attempt` (the first is 1):
/// min(max, initial x factor^(attempt-1)) x (1 + random x jitter).
/// `random` is in [0, 1). Zero only for `none`: never less than 1 ms else.
std::chrono::milliseconds delay(const backoff_policy& policy, int attempt, double random);

} // namespace reeve
