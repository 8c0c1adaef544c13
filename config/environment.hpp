#pragma once

#include <functional>
#include <optional>
#include <string>

namespace reeve::config {

/// Looks up an environment variable; none: unset.
using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own environment.
environment process_environment();

} // namespace reeve::config
