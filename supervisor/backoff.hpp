#pragma once

#include <chrono>

namespace reeve {

struct backoff_policy {
  bool none = false; ///< restart at once
  std::chrono::milliseconds initial{500};
  double factor = 2.5;
  std::chrono::milliseconds max{60'000};
  double jitter = 0.2; ///< up to this share of the delay is added

  bool operator==(const backoff_policy&) const = default;
};

/// How long to wait before attempt `attempt` (the first is 1):
/// min(max, initial x factor^(attempt-1)) x (1 + random x jitter).
/// `random` is in [0, 1). Zero only for `none`: never less than 1 ms else.
std::chrono::milliseconds delay(const backoff_policy& policy, int attempt, double random);

} // namespace reeve
