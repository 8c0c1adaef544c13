#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <optional>

namespace reeve {

/// Notices from looking at both clocks that Reeve was not there for a while (stopped,
/// starved of CPU, suspended with the machine) or that somebody set the wall clock.
/// What happened meanwhile is no service's fault. Whoever asks must look often: more
/// than `away` between two looks is an absence.
class clock_watch {
public:
  explicit clock_watch(std::chrono::milliseconds away) : away_{away} {
  }

  void look(const instant& now);

  /// How much of the time since `then` the newest absence took; none: there was none.
  std::optional<std::chrono::milliseconds> away_since(mono_time then) const;

  /// The age that may be held against whoever should have written a wall time: no more
  /// than since the clock jumped.
  std::chrono::milliseconds fair_age(std::chrono::milliseconds found, mono_time now) const;

private:
  std::chrono::milliseconds away_;
  std::optional<instant> last_;
  mono_time left_;
  mono_time back_;                  ///< later than `left_` if there was an absence
  std::optional<mono_time> jumped_; ///< the wall clock, forward; seen then
};

} // namespace reeve
