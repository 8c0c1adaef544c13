#include "supervisor/restarts/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace reeve {

std::chrono::milliseconds delay(const backoff_policy& policy, int attempt, double random) {
  using std::chrono::milliseconds;
  if (policy.none)
    return milliseconds{0};
  const auto initial = static_cast<double>(std::max(policy.initial, milliseconds{1}).count());
  const auto most = static_cast<double>(std::max(policy.max, milliseconds{1}).count());
  const double grown = initial * std::pow(policy.factor, std::max(attempt, 1) - 1);
  // Not std::min: a factor that overflowed to infinity is still capped.
  const double base = grown < most ? grown : most;
  const double spread = base * (1 + random * policy.jitter);
  return std::max(milliseconds{std::llround(spread)}, milliseconds{1});
}

} // namespace reeve
