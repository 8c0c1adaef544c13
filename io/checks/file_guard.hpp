#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

class loop;

/// Files and sockets that a check of this kind names, and that it or a library opens on the
/// loop thread.
std::vector<std::string> files_of(const check_target& target);

/// `inner`, once each of `files` could be looked at in the background: one that hangs is
/// `not_run`, in the place of a loop that hangs. What is wrong with them otherwise `inner` says.
std::unique_ptr<check> make_file_guard(loop& l, std::unique_ptr<check> inner,
                                       const std::vector<std::string>& files,
                                       std::chrono::milliseconds timeout);

} // namespace reeve::io
