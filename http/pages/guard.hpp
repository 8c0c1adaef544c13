#pragma once

#include "http/front/answer.hpp"
#include "http/front/request.hpp"
#include "http/pages/token_file.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <functional>
#include <optional>

namespace reeve::http {

/// Whether only the token can let this request give an order.
bool needs_token(const request& r, const server_spec& spec);

/// Why this request may not change anything; none: it may. `token` is what `server.token_file`
/// holds, of no matter unless `needs_token`; no request has an empty one.
///
/// - Never with `server.orders: none`, nor for a page of another site (`Origin` is not what
///   `Host` says).
/// - With the bearer token, from anywhere.
/// - From this machine without it, unless `server.orders: token` asks for it; over TCP under a name
///   of this machine only: an address, `localhost`, `*.localhost`, a host of `server.listen`. Else
///   any site could point its own name at us and be its own origin here.
std::optional<answer> refuse_order(const request& r, const server_spec& spec,
                                   const result<std::string>& token);

/// Stands before the orders. Loop thread only.
class guard {
public:
  /// `refused`: none, the order may be given.
  using decision = std::function<void(std::optional<answer> refused)>;

  guard(io::loop& l, server_spec spec);

  /// Decides at once, or when the token was read: anew each time, so that it can be changed.
  void admit(const request& r, decision decide);

private:
  server_spec spec_;
  token_file token_;
};

} // namespace reeve::http
