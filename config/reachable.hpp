#pragma once

#include "supervisor/service_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reeve::config {

/// Why services that restart like this, together in one group, can never exhaust
/// `limit`, with the numbers; none: they can, or nobody can tell.
std::optional<std::string> never_exhausted(const intensity& limit,
                                           const std::vector<const restart_spec*>& services);

} // namespace reeve::config
