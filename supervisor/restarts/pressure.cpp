#include "supervisor/restarts/pressure.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace reeve {

std::optional<double> read_pressure(std::string_view text) {
  constexpr std::string_view before = "some avg10=";
  const auto at = text.find(before);
  if (at != 0 && (at == std::string_view::npos || text[at - 1] != '\n'))
    return std::nullopt;
  const auto* first = text.data() + at + before.size();
  double percent = 0;
  const auto read = std::from_chars(first, text.data() + text.size(), percent);
  if (read.ec != std::errc{} || !(percent >= 0 && percent <= 100))
    return std::nullopt;
  return percent;
}

std::optional<std::string> too_much_pressure(const pressure_limits& limits,
                                             const host_pressure& now) {
  struct kind {
    const char* name;
    double limit;
    std::optional<double> is;
  };
  for (const auto& k : std::array<kind, 3>{{{"cpu", limits.cpu, now.cpu},
                                            {"memory", limits.memory, now.memory},
                                            {"io", limits.io, now.io}}})
    if (k.limit > 0 && k.is && *k.is >= k.limit)
      return std::string{k.name} + " pressure " + std::to_string(std::lround(*k.is))
             + " % is at least " + std::to_string(std::lround(k.limit)) + " %";
  return std::nullopt;
}

} // namespace reeve
