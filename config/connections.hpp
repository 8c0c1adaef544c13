#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reeve::config {

/// The kernel's connection tracking, as it stands on one host.
struct connection_table {
  std::int64_t entries = 0;            ///< nf_conntrack_max
  std::chrono::seconds remembers{120}; ///< a closed connection
};

/// Connections that these checks open each second over the network.
double connections_per_second(const daemon_spec& spec);

/// What a host cannot bear for long, one sentence each: more connections than half
/// of its table holds (none: it tracks none), or more to one address than it has
/// ports for.
std::vector<std::string> connection_warnings(const daemon_spec& spec,
                                             const std::optional<connection_table>& table);

} // namespace reeve::config
