#pragma once

#include "supervisor/result.hpp"

#include <chrono>
#include <string>

namespace reeve::http {

struct client_answer {
  int status = 0;
  std::string body;
};

/// One blocking request to a running Reeve; for the commands, never for the daemon. `base` is
/// `http://host:port`; the error says what to do when nobody answers. Any thread.
result<client_answer> ask(const std::string& base, const std::string& method,
                          const std::string& path, std::chrono::milliseconds timeout);

} // namespace reeve::http
