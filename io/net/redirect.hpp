#pragma once

#include "io/net/web_url.hpp"
#include "supervisor/specs/service_spec.hpp"

namespace reeve::io {

/// Whether an answer with this status and a Location sends its client elsewhere.
bool is_redirect(int status);

/// The request that a client sends next, as browsers do:
/// - 301 and 302 make a GET of a POST, 303 of all but GET and HEAD, without the body and the
///   headers that describe it; 307 and 308 keep both.
/// - To another origin (scheme, host or port) go no credentials and no headers but those that
///   say what is understood: any other may be a secret. A Host header and the name that TLS
///   asks for stay with their host.
/// The error is a sentence part: what `location` leads to that nobody can follow.
result<http_check> redirected(const http_check& last, int status, std::string_view location);

} // namespace reeve::io
