#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;

/// Nobody can be asked for a push: every run is `not_run`. The running daemon's probes
/// judge what came, and never make one of these.
std::unique_ptr<check> make_push_check(loop& l);

} // namespace reeve::io
