#include "io/checks/heartbeat_time.hpp"

#include "supervisor/text.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds clocks_differ{60'000};
constexpr heartbeat_time century{100.0 * 365 * 86'400}; // what is older is as old

} // namespace

std::optional<heartbeat_time> timestamp_in(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  const auto end = std::min(text.find_first_of("\r\n"), text.size());
  if (first == std::string_view::npos || first >= end)
    return std::nullopt;
  text = text.substr(first, end - first);
  text = text.substr(0, text.find_last_not_of(" \t") + 1);
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plausible = value >= 1e9 && value < 1e11; // from the year 2001 on
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || !plausible)
    return std::nullopt;
  return heartbeat_time{value};
}

result<milliseconds> heartbeat_age(heartbeat_time written, heartbeat_time now,
                                   std::string_view what) {
  const auto age =
    std::chrono::duration_cast<milliseconds>(std::clamp(now - written, -century, century));
  if (-age > clocks_differ)
    return error{std::string{what} + " is " + describe(-age) + " in the future: set the clocks"};
  return std::max(age, milliseconds{0});
}

} // namespace reeve::io
