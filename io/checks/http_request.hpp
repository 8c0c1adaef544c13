#pragma once

#include "io/checks/http_route.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <curl/curl.h>

#include <memory>

namespace reeve::io {

/// How a request is sent: the check's own, or one that a redirect led to.
struct http_request {
  explicit http_request(const http_check& what);

  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers;
  http_route route;
};

/// Sets what libcurl must know of it, which must live as long as the transfer.
void set_method(CURL* easy, const http_check& what, const http_request& how);

} // namespace reeve::io
