#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// For people: `250 ms`, `2 s`, `2.4 s`, `1m30s`, `2h`, `1d6h`, `7d`. At most two
/// units, cut and never rounded up.
std::string describe(std::chrono::milliseconds duration);

/// "1 service", "2 services".
std::string counted(std::size_t n, const std::string& what);

/// `2026-01-31T09:00:00Z`; fractions of a second are cut.
std::string rfc3339(wall_time t);

/// The first `most` bytes in one line, safe to show anywhere: control characters are
/// blanks, blanks at the ends are gone, and what is no whole UTF-8 is `?`.
std::string one_line(std::string_view text, std::size_t most);

/// Without the blanks (of ASCII) at both ends.
std::string_view trimmed(std::string_view text);

/// "; did you mean 'x'?", where x is what a person most likely meant by `name`; empty if all are
/// too different. A swap of neighbours counts as one edit.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

} // namespace reeve
