#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

namespace reeve::config {

/// `process:` of a service.
process_spec read_process(const reader& from);

} // namespace reeve::config
