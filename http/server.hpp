#pragma once

#include "http/front/limits.hpp"
#include "http/pages/hooks.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <memory>
#include <vector>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// Health, metrics and API. Loop thread only, or while the loop does
/// not run.
class server {
public:
  server(io::loop& l, server_spec spec, hooks h, front_limits limits = {});
  /// Closes every connection. Hooks may still call back afterwards: nothing happens.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens on all of `server.listen`; the error names address and cause.
  status listen();
  /// Where it listens, with the ports that were free.
  std::vector<listen_address> addresses() const;
  /// Takes no new clients; sockets in the file system are gone.
  void stop_listening();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::http
