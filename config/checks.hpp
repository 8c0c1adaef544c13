#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <vector>

namespace reeve::config {

/// interval, timeout, retry, unhealthy_after, healthy_after, start_period. Complains of
/// an explicit timeout or retry that is longer than its interval.
void read_timing(fields& from, check_spec& into);

/// `check:`; `defaults` holds what it inherits.
std::vector<check_spec> read_single_check(const reader& from, const check_spec& defaults);

/// `checks:`.
std::vector<check_spec> read_checks(const reader& from, const check_spec& defaults);

} // namespace reeve::config
