#pragma once

#include "supervisor/restarts/pressure.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace reeve::io {

class loop;

/// What it is now; files of the kernel's, read at once. Any thread.
host_pressure pressure_now(const std::string& folder = "/proc/pressure");

/// Reads the host's pressure every 2 s, off the loop, and tells each time whether it is too
/// much for restarts. Loop thread only.
class pressure_watch {
public:
  /// `why` as `too_much_pressure` has it; none: it is not.
  using told = std::function<void(std::optional<std::string> why)>;

  pressure_watch(loop& l, pressure_limits limits, told tell, std::string folder = "/proc/pressure");
  ~pressure_watch();
  pressure_watch(const pressure_watch&) = delete;
  pressure_watch& operator=(const pressure_watch&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Whether this kernel tells its pressure at all.
bool tells_pressure(const std::string& folder = "/proc/pressure");

} // namespace reeve::io
