#pragma once

#include "http/hooks.hpp"
#include "http/limits.hpp"
#include "supervisor/daemon_spec.hpp"
#include "supervisor/result.hpp"

#include <memory>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// Health, metrics and API on one port. Loop thread only, or while the loop does
/// not run.
class server {
public:
  server(io::loop& l, server_spec spec, hooks h, front_limits limits = {});
  /// Closes every connection. Hooks may still call back afterwards: nothing happens.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens; the error names address and cause.
  status listen();
  /// The bound port (of use when the spec's is 0). REQUIRES: listening.
  int port() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::http
