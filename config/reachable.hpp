#pragma once

#include "supervisor/specs/service_spec.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reeve::config {

/// Whether a failure of it is ever followed by a restart.
bool restarts_by_itself(const restart_spec& spec);

/// Why services that restart like this, counted in one window, can never exhaust
/// `limit`, with the numbers; none: they can, or nobody can tell.
std::optional<std::string> never_exhausted(const intensity& limit,
                                           const std::vector<const service_spec*>& services);

/// The same if they hang each time: then a restart also takes until a check has found that out and
/// the stop is given up.
std::optional<std::string>
never_exhausted_by_hanging(const intensity& limit,
                           const std::vector<const service_spec*>& services);

struct untried_remedy {
  std::size_t index = 0; ///< in `further`
  std::string why;
};

/// The first remedy that a service of `group` which fails right after its starts never gets to, and
/// why, with the numbers. None: it gets to all, or nobody can tell.
std::optional<untried_remedy> never_tried(const group_spec& group, const service_spec& service);

} // namespace reeve::config
