#pragma once

#include "supervisor/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace reeve::config {

/// `250ms`, `5s`, `1m30s`, `2h`, `7d`: whole numbers, each unit once, the largest
/// first; at most 36500d.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The same way round: "1m30s".
std::string format_duration(std::chrono::milliseconds d);

} // namespace reeve::config
