#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;

/// A command without a shell: exit code 0 is an answer (its output is the body),
/// another has failed. REQUIRES: `spec.target` is an `exec_check`.
std::unique_ptr<check> make_exec_check(loop& l, const check_spec& spec);

} // namespace reeve::io
