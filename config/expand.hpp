#pragma once

#include "config/environment.hpp"
#include "supervisor/result.hpp"

#include <string>
#include <string_view>

namespace reeve::config {

/// `${NAME}` and `${NAME:-default}` (for what is unset or empty) replaced from
/// the environment, `$$` by a dollar sign. Any other dollar sign is itself.
result<std::string> expand(std::string_view written, const environment& env);

} // namespace reeve::config
