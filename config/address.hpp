#pragma once

#include "supervisor/result.hpp"

#include <string>
#include <string_view>

namespace reeve::config {

struct host_port {
  std::string host; ///< without brackets
  int port = 0;
};

/// `name:80`, `127.0.0.1:80`, `[::1]:80`.
result<host_port> parse_host_port(std::string_view text, int lowest_port);

/// `tcp://host:port`.
result<host_port> parse_tcp_url(std::string_view text);

/// The same text, if it is an http:// or https:// URL that a request can be made of.
result<std::string> parse_http_url(std::string_view text);

/// NAME of `docker://NAME` or of plain `NAME`.
result<std::string> parse_container(std::string_view text);

/// Before "://", or nothing.
std::string_view scheme_of(std::string_view text);

} // namespace reeve::config
