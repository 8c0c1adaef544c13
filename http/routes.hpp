#pragma once

#include "http/hooks.hpp"
#include "http/router.hpp"
#include "supervisor/daemon_spec.hpp"

namespace reeve::http {

/// Every page of docs/http-api.md. `from` must outlive `to`.
void add_routes(router& to, const hooks& from, const server_spec& spec);

} // namespace reeve::http
