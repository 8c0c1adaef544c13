#pragma once

#include "supervisor/facts/facts.hpp"
#include "supervisor/time.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace reeve::actors {

/// Its restart is due, and something else than time is in the way that people should hear of. A
/// last look is over before they could.
bool is_held_back(const service_supervision& s);

// The sentences of the log: what, why, and what happens next. One line per change.

/// "backend unhealthy after 3 failures (status 500, expected 200-299)".
std::string health_line(const health_changed& h);

/// What Reeve does about it: "restarting in 2 s, attempt 2 of 5", "giving up: ...".
/// Empty when there is nothing to do. `said`: a reason that the line names already.
std::string next_line(const service_supervision& s, const std::string& said, mono_time now);

/// A change of supervision that no health change, and no operation, tells:
/// "web restarting (group 'app' ...)".
std::string supervision_line(const std::string& service, const service_supervision& s,
                             mono_time now);

/// "backend restarting, by a person". `under_way`: an operation is.
std::string order_line(const std::string& service, order what, bool under_way);

/// "group 'app' escalates: backend failed (exited with code 9)". `service` may be empty.
std::string escalation_line(const std::string& group, const std::string& reason,
                            const std::string& service);

/// "backend restarted in 1.2 s", "backend could not be restarted: no such container".
std::string operation_line(const std::string& service, const std::string& done,
                           std::chrono::milliseconds took, const std::string& problem);

/// Both, as one line; `next` may be empty.
std::string joined(std::string line, const std::string& next, std::string_view between = "; ");

} // namespace reeve::actors
