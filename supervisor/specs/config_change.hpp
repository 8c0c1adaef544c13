#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <string>

namespace reeve {

/// Which keys differ of those that are read at the start only: "server.listen, docker.socket".
/// Empty: none.
std::string what_needs_a_restart(const daemon_spec& before, const daemon_spec& now);

/// What a reload does, for the log: "2 services; new: c; changed: b; removed: d".
std::string what_changed(const daemon_spec& before, const daemon_spec& now);

/// The services that a reload takes away, by mistake perhaps: "a, b". Empty: none.
std::string missing_now(const daemon_spec& before, const daemon_spec& now);

} // namespace reeve
