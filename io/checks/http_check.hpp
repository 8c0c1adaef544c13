#pragma once

#include "io/checks/check.hpp"
#include "io/net/http_exchange.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

/// REQUIRES: `spec.target` is an `http_check`; `share` lives longer.
///
/// Unless it is to be kept, each run makes a new connection: that is what a new client
/// would meet. Only so much of a body is read as may matter.
std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec);

} // namespace reeve::io
