#pragma once

#include "config/services.hpp"

#include <optional>

namespace reeve::config {

/// `tree:`, with the services it does not name appended. Warns of intensities
/// that can never be exhausted.
group_spec read_tree(const std::optional<reader>& from, const std::vector<service_entry>& services);

} // namespace reeve::config
