#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;

/// How long ago a file was written, or how old the Unix timestamp is that is its
/// first line (seconds, with or without a fraction). Read in the background: a file
/// system may hang. REQUIRES: `spec.target` is a `heartbeat_check`.
std::unique_ptr<check> make_heartbeat_check(loop& l, const check_spec& spec);

} // namespace reeve::io
