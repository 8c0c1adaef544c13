#pragma once

#include "io/net/web_url.hpp"
#include "supervisor/specs/check_spec.hpp"

#include <string>

namespace reeve::io {

/// A request as it is sent, and to whom.
struct http_request {
  /// Of what a check asks, and a redirect led to. The URL names a host, or nobody can be asked.
  explicit http_request(const http_check& what);

  std::string host; ///< in small letters, IPv6 without brackets; empty: that is no URL
  int port = 0;
  bool by_tls = false;
  bool is_head = false;
  bool keeps_connection = false; ///< asks that the connection stays open; else that it be closed
  std::string text;              ///< all of it
};

/// "user:password" of a URL, decoded, as a header says it.
std::string basic_authorization(const std::string& userinfo);

} // namespace reeve::io
