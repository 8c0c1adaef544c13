#pragma once

#include "io/checks/check.hpp"
#include "io/net/curl_pool.hpp"
#include "io/net/tls_trust.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class loop;
class resolver;

/// What HTTP checks share.
struct http_share {
  /// `n` lives longer.
  http_share(loop& l, resolver& n);

  loop& home;
  resolver& names;
  curl_pool curl;
  tls_trust trust;
};

/// REQUIRES: `spec.target` is an `http_check`; `share` lives longer.
///
/// Unless it is to be kept, each run makes a new connection: that is what a new client
/// would meet. Only so much of a body is read as may matter.
std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec);

} // namespace reeve::io
