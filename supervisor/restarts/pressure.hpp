#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reeve {

/// The host's pressure stall information in percent; none: the kernel does not tell.
struct host_pressure {
  std::optional<double> cpu;
  std::optional<double> memory;
  std::optional<double> io;
};

/// `some avg10` of a file under /proc/pressure (Linux, Documentation/accounting/psi.rst):
/// the share of the last 10 s in which some task waited. None if it does not stand there.
std::optional<double> read_pressure(std::string_view text);

/// Why nothing is to be restarted now: "cpu pressure 91 % is at least 80 %"; the first that
/// is over its limit. None: it may.
std::optional<std::string> too_much_pressure(const pressure_limits& limits,
                                             const host_pressure& now);

} // namespace reeve
