#pragma once

#include <chrono>

namespace reeve {

/// All deciding is done on monotonic time; wall time is only shown.
using mono_time = std::chrono::steady_clock::time_point;
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The same moment on both clocks.
struct instant {
  mono_time mono;
  wall_time wall;

  bool operator==(const instant&) const = default;
};

/// What the wall clock says, or would say, at `t`.
inline wall_time on_wall(const instant& now, mono_time t) {
  return now.wall + std::chrono::duration_cast<std::chrono::milliseconds>(t - now.mono);
}

} // namespace reeve
