#pragma once

#include "http/hooks.hpp"
#include "http/router.hpp"
#include "supervisor/daemon_spec.hpp"

#include <memory>

namespace reeve::http {

/// Every page of docs/http-api.md. `from` must outlive `to`; answers that come after
/// it is gone are dropped.
void add_routes(router& to, const std::shared_ptr<const hooks>& from, const server_spec& spec);

} // namespace reeve::http
