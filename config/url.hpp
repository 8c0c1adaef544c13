#pragma once

#include "supervisor/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::config {

/// scheme://[user[:password]@]hosts[/path][?query], still percent-encoded. Views into
/// the text it was made of.
struct url_parts {
  std::string_view scheme;
  std::string_view user;
  std::string_view password;
  std::string_view hosts; ///< with ports
  std::string_view path;  ///< with its slash; empty: none
  std::vector<std::pair<std::string_view, std::string_view>> query;
};

/// Refuses blanks, bad percent-encoding and what cannot be told apart: what follows the text in a
/// sentence.
result<url_parts> split_url(std::string_view text);

/// REQUIRES: came through `split_url`.
std::string percent_decoded(std::string_view text);

/// Before "://", or nothing.
std::string_view scheme_of(std::string_view text);

/// The same text with `***` for what may be a password or a token; at most its first
/// 4 kB.
std::string without_secrets(std::string_view text);

} // namespace reeve::config
