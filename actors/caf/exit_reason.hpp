#pragma once

#include "supervisor/restarts/child_group.hpp"

#include <caf/error.hpp>

#include <string>

namespace reeve::actors {

/// How an actor ended, by the reason in its down message: of its own accord, told
/// to (`user_shutdown`), or anything else. As in OTP, being killed is a crash.
/// Never ask a reason for its code before this: that of a normal end is empty.
exit_kind kind_of(const caf::error& reason);

/// For people: "ended normally", "shut down", "killed", or the error's own words.
std::string describe(const caf::error& reason);

} // namespace reeve::actors
