#pragma once

#include "http/front/handler.hpp"
#include "http/front/limits.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <memory>
#include <vector>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// What the network meets: accepts, limits, parses, writes. Knows no page. Loop
/// thread only.
class front {
public:
  using handler = request_handler;
  using observer = answer_observer;

  /// `handle` gets each complete request; `answered` hears of every answer.
  front(io::loop& l, front_limits limits, handler handle, observer answered);
  /// Closes every connection.
  ~front();
  front(const front&) = delete;
  front& operator=(const front&) = delete;

  /// All of `at`, or nothing.
  status listen(const std::vector<listen_address>& at);
  /// With the ports that were free. Empty: it does not listen.
  std::vector<listen_address> addresses() const;
  /// Takes no new clients.
  void stop_listening();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::http
