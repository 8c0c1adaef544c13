#pragma once

#include "http/pages/guard.hpp"
#include "http/pages/hooks.hpp"
#include "http/pages/router.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <memory>

namespace reeve::http {

/// Every page of docs/http-api.md. `from` must outlive `to`; answers that come after
/// it is gone are dropped. Orders pass `gate`.
void add_routes(router& to, const std::shared_ptr<const hooks>& from, const server_spec& spec,
                const std::shared_ptr<guard>& gate);

} // namespace reeve::http
