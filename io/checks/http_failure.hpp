#pragma once

#include "io/loop/fault.hpp"
#include "io/net/tls_trust.hpp"

#include <curl/curl.h>

#include <chrono>
#include <string>

namespace reeve::io {

/// How a transfer went wrong.
struct http_failure {
  CURLcode code = CURLE_OK;
  std::string words; ///< libcurl's
  int os_error = 0;  ///< of the network, or of making a socket
  std::string host;  ///< that was asked last
  std::string unix_socket;
  tls_findings tls;
  std::chrono::milliseconds timeout{0};
  bool redirected = false;

  /// How far it came.
  bool connected = false;
  bool secured = false; ///< or need not be
  bool answering = false;
};

/// Whose fault it is, in words a person likes.
fault explain(const http_failure& f);

} // namespace reeve::io
