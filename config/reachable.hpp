#pragma once

#include "supervisor/service_spec.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reeve::config {

/// Why services that restart like this, together in one group, can never exhaust
/// `limit`, with the numbers; none: they can, or nobody can tell.
std::optional<std::string> never_exhausted(const intensity& limit,
                                           const std::vector<const restart_spec*>& services);

struct untried_remedy {
  std::size_t index = 0; ///< in `further`
  std::string why;
};

/// The first remedy that a service which fails right after its starts never gets to in `group`, and
/// why, with the numbers. None: it gets to all, or nobody can tell.
std::optional<untried_remedy> never_tried(const group_spec& group, const service_spec& service);

} // namespace reeve::config
