#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace reeve {

/// One thing that goes wrong, at a time that is known.
struct scripted_failure {
  std::chrono::milliseconds at{0};
  std::string service;
  bool clean = false;                    ///< it ends with success
  std::chrono::milliseconds down_for{0}; ///< every start fails for so long; 0: a restart cures it

  bool operator==(const scripted_failure&) const = default;
};

/// Failures by chance: from the end of one to the next, exponentially distributed.
struct random_failures {
  std::string service;
  std::chrono::milliseconds mtbf{0};
  std::chrono::milliseconds outage{0}; ///< as `down_for`

  bool operator==(const random_failures&) const = default;
};

/// What a simulation plays against a config. Times count from its start.
struct scenario {
  std::chrono::milliseconds duration{std::chrono::hours{1}};
  std::vector<scripted_failure> failures; ///< in any order
  std::vector<random_failures> random;
  /// Each outage is up to this share shorter or longer than written, by chance, so that no policy
  /// is lucky to start something at its very end. Those that begin together stay alike.
  double outage_spread = 0;
  /// From a service's start to its being healthy; at once if it is not here.
  std::map<std::string, std::chrono::milliseconds, std::less<>> start_time;

  bool operator==(const scenario&) const = default;
};

} // namespace reeve
