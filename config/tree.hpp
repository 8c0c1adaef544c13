#pragma once

#include "config/services.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <optional>

namespace reeve::config {

/// `tree:`, with the services it does not name appended, and what it says of the host:
/// `budget` and `hold`. Groups without an `intensity` have that of `inherited`. Warns of
/// intensities that have no effect or can never be exhausted.
void read_tree(const std::optional<reader>& from, const std::vector<service_entry>& services,
               const defaults& inherited, daemon_spec& into);

} // namespace reeve::config
