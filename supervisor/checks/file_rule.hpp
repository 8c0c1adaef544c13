#pragma once

#include "supervisor/checks/rule.hpp"
#include "supervisor/result.hpp"

#include <chrono>

namespace reeve {

/// The judgement on a file that a service writes, which runs since `run_for`. `found` is
/// what the file told, or why it told nothing.
///
/// What it told from before the start, or nothing yet, counts as of the start: an old
/// file condemns no fresh process. Until its age can be held against the process,
/// neither are its fields.
check_verdict evaluate_file(const expectation& expected, const result<reply>& found,
                            std::chrono::milliseconds run_for);

} // namespace reeve
