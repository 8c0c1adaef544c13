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
/// `http://host:port` or `unix:/run/reeve.sock`; the error says what to do when nobody answers.
/// `token`: sent along as the bearer token; empty: none. Any thread.
result<client_answer> ask(const std::string& base, const std::string& method,
                          const std::string& path, std::chrono::milliseconds timeout,
                          const std::string& token = {});

} // namespace reeve::http
