#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;

/// A JSON file that a service writes: how long ago, and what the expectation asks of
/// its fields. A file that is written in place may be met half written; the next run
/// meets the rest. REQUIRES: `spec.target` is a `json_check`.
std::unique_ptr<check> make_json_check(loop& l, const check_spec& spec);

} // namespace reeve::io
