#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace reeve::actors {

/// The log, for a line that concerns one "service" or one "group". It travels as the logger's name,
/// `service=web`, of which `cli/logging` makes a field.
inline std::shared_ptr<spdlog::logger> log_about(const std::string& what, const std::string& name) {
  return spdlog::default_logger()->clone(what + "=" + name);
}

} // namespace reeve::actors
