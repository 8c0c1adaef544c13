#pragma once

#include "http/answer.hpp"
#include "http/request.hpp"
#include "supervisor/daemon_spec.hpp"

#include <optional>

namespace reeve::http {

/// Why this request may not change anything; none: it may.
///
/// - Never for a page of another site (`Origin` is not what `Host` says).
/// - From beyond loopback only with the bearer token of `server.token_file`, which
///   is read at each use, so that it can be changed.
/// - From loopback without a token only under a name of this machine: an address,
///   `localhost`, `*.localhost`, `server.listen`'s host. Else any site could point
///   its own name at 127.0.0.1 and be its own origin here.
std::optional<answer> refuse_order(const request& r, const server_spec& spec);

} // namespace reeve::http
