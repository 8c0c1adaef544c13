#pragma once

#include "io/descriptor.hpp"
#include "io/launcher/job.hpp"
#include "supervisor/result.hpp"
#include "supervisor/service_spec.hpp"

#include <chrono>
#include <string>

namespace reeve::io {

/// A launcher that was just started, with Reeve's ends of what connects the two.
struct launched {
  int pid = 0;
  descriptor control; ///< gives `launch::report`s, takes `launch::order`s
  descriptor output;  ///< of the service, not blocking
};

/// Starts the launcher executable at path `launcher` for the service `name`. Looks
/// up `spec.user` in the system's user database.
result<launched> launch_service(const std::string& launcher, const std::string& name,
                                const process_spec& spec, std::chrono::milliseconds stop_timeout);

/// Why the service could not be started, from a report of that.
std::string why_not_started(const launch::report& failed, const process_spec& spec);

} // namespace reeve::io
