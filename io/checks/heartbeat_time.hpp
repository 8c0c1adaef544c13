#pragma once

#include "supervisor/result.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace reeve::io {

/// Since the Unix epoch.
using heartbeat_time = std::chrono::duration<double>;

/// The Unix timestamp in the first line, with or without a fraction of a second, if it is one: a
/// counter or a process id is none.
std::optional<heartbeat_time> timestamp_in(std::string_view text);

/// How long before `now` the heartbeat was. Clocks of machines differ a little, so that a minute
/// ahead is as good as now; one further ahead says nothing, and the error says so of `what`.
result<std::chrono::milliseconds> heartbeat_age(heartbeat_time written, heartbeat_time now,
                                                std::string_view what = "its heartbeat");

} // namespace reeve::io
