#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <string>

namespace reeve::cli {

/// Whose restarts are counted in whose window, one line for each: for `reeve validate`. Empty if
/// nothing is restarted.
std::string windows_text(const daemon_spec& spec);

} // namespace reeve::cli
