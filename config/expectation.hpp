#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <string_view>

namespace reeve::config {

/// `expect:`, of a check whose target and timeout are in `into`.
void read_expectation(const reader& from, check_spec& into);

/// `degraded` and `unhealthy`; which of the two must be the longer is told by
/// `longer_is_worse`.
void read_limits(fields& from, limits& into, bool longer_is_worse);

/// Whether HTTP takes it for a header's name.
bool is_header_name(std::string_view text);

} // namespace reeve::config
