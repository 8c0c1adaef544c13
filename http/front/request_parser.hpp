#pragma once

#include "http/front/limits.hpp"
#include "http/front/request.hpp"

#include <http_parser.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reeve::http {

/// Makes requests of bytes, however these are cut. Knows no socket: feed it
/// anything.
class request_parser {
public:
  explicit request_parser(const front_limits& limits);
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Takes from the front of `bytes` what belongs to the current request and says
  /// how much that was: all, unless the request is complete or refused.
  std::size_t feed(std::string_view bytes);

  bool complete() const {
    return complete_;
  }

  struct refusal {
    int status = 400;
    std::string code = "bad_request";
    std::string message;
  };
  /// Why this can never become a request; no more is taken after it.
  const std::optional<refusal>& refused() const {
    return refusal_;
  }

  /// True once when the client waits for "100 Continue" before it sends its body.
  bool take_expectation();

  /// REQUIRES: complete. The parser then waits for the next request.
  request take();

  /// As far as known: for naming a request that is refused.
  const std::string& method() const {
    return request_.method;
  }

private:
  struct callbacks;

  void begin();
  std::size_t room() const;
  int refuse(int status, std::string code, std::string message);
  int head_done();
  int check_head();
  int set_target();

  const front_limits& limits_;
  http_parser parser_;
  request request_;
  std::optional<refusal> refusal_;
  std::size_t taken_ = 0; // bytes of this request
  bool in_value_ = false;
  bool head_done_ = false;
  bool complete_ = false;
  bool expects_ = false;
};

} // namespace reeve::http
