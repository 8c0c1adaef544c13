#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <optional>

namespace reeve::config {

/// `intensity:`, of a service or a group.
void read_intensity(const reader& from, intensity& into);

/// type, backoff, intensity, clean_exit, stop_timeout, reset_after. Whether any of them is there.
bool read_restart_options(fields& from, restart_spec& into);

/// `process:` and `restart:` of a service; `into` holds what it inherits.
void read_restart(const std::optional<reader>& process, const std::optional<reader>& restart,
                  restart_spec& into);

} // namespace reeve::config
