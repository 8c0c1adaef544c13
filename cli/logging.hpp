#pragma once

#include "supervisor/result.hpp"

#include <string>

namespace reeve::cli {

/// Sets up the process's one log, on stderr. `format`: text or json (one object a line: time,
/// level, `service` or `group` if the line concerns one, message). `level`: trace, debug, info,
/// warn, error.
status set_up_logging(const std::string& level, const std::string& format);

} // namespace reeve::cli
