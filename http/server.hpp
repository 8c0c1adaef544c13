#pragma once

#include "http/hooks.hpp"
#include "supervisor/daemon_spec.hpp"
#include "supervisor/result.hpp"

#include <cstddef>
#include <memory>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// What one client may ask of us.
struct front_limits {
  std::size_t connections = 16'384;
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 64 * 1024;
  std::chrono::milliseconds request_deadline{5'000}; ///< from the first byte to the last
  std::chrono::milliseconds idle_deadline{60'000};   ///< between requests
};

/// Health, metrics and API on one port. Loop thread only.
class server {
public:
  server(io::loop& l, server_spec spec, hooks h, front_limits limits = {});
  /// Closes every connection.
  ~server();

  /// Binds and listens; the error names address and cause.
  status listen();
  /// The bound port (of use when the spec's is 0). REQUIRES: listening.
  int port() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::http
