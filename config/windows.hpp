#pragma once

#include "config/services.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <string>
#include <unordered_map>

namespace reeve::config {

using services_by_name = std::unordered_map<std::string, const service_entry*>;
using intensities_by_group = std::unordered_map<std::string, reader>; ///< where they are written

/// Warns of intensities that hold for nobody or can never be exhausted, and of remedies before
/// which they are; of nothing in a file that is wrong. REQUIRES: `services` has all that stand in
/// `root`.
void warn_of_windows(const group_spec& root, const services_by_name& services,
                     const intensities_by_group& intensities, const defaults& inherited);

} // namespace reeve::config
