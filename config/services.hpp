#pragma once

#include "config/reader.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reeve::config {

/// What every service inherits.
struct defaults {
  check_spec check;
  restart_spec restart;
  std::optional<reader> intensity; ///< where it is written
};

/// `defaults:`.
defaults read_defaults(const reader& from);

/// A service and what is needed to complain about it later.
struct service_entry {
  service_spec spec;
  reader at;
  std::vector<reader> depends_on; ///< one per name in `spec.depends_on`
};

/// `services:`, in file order.
std::vector<service_entry> read_services(const reader& from, const defaults& inherited);

/// Complains of names in `depends_on` that there are not, and of cycles.
void check_dependencies(const std::vector<service_entry>& services);

/// Warns of processes that are started before what they depend on, in the order of `tree`.
void warn_of_start_order(const std::vector<service_entry>& services, const group_spec& tree);

/// Complains, and is false, if `name` cannot be the name of a service or group.
bool check_name(const std::string& name, const reader& at);

} // namespace reeve::config
