#pragma once

#include "http/answer.hpp"
#include "http/limits.hpp"
#include "http/request.hpp"
#include "supervisor/daemon_spec.hpp"
#include "supervisor/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// What the network meets: accepts, limits, parses, writes. Knows no page. Loop
/// thread only.
class front {
public:
  using handler = std::function<void(const request&, reply)>;
  using observer = std::function<void(std::string_view method, std::string_view endpoint,
                                      int status, std::chrono::microseconds took)>;

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
