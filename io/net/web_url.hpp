#pragma once

#include "supervisor/result.hpp"

#include <string>
#include <string_view>

namespace reeve::io {

/// An http or https URL taken apart.
struct web_url {
  std::string scheme;   ///< in small letters
  std::string userinfo; ///< `user:password`, as written; empty: none
  std::string host;     ///< in small letters; IPv6 with its brackets
  int port = 0;
  std::string target; ///< path and query

  bool operator==(const web_url&) const = default;
};

/// Of an absolute URL. The error is a sentence part about what it is not.
result<web_url> parse_web_url(std::string_view text);

/// Where a reference leads that stands in an answer of `base`: a URL, `//host/path`, `/path`,
/// `path`, `../path`, `?query`. Its fragment is dropped, and what may not stand in a URL is
/// encoded.
result<web_url> resolve(const web_url& base, std::string_view reference);

/// With its userinfo, and its port where it is not the scheme's.
std::string to_text(const web_url& url);

/// Host and port as they stand in a Host header.
std::string authority_of(const web_url& url);

/// Scheme, host and port are the same: what a secret was given for.
bool same_origin(const web_url& a, const web_url& b);

} // namespace reeve::io
