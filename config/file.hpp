#pragma once

#include "supervisor/result.hpp"

#include <string>

namespace reeve::config {

/// The content of `file`, or why it cannot be had; of a larger one only the first 4 MiB and one
/// byte. Blocks; any thread.
result<std::string> read_file(const std::string& file);

} // namespace reeve::config
