#pragma once

#include "http/front/peer.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::http {

/// One complete request. `target` is path and query, whatever form it came in.
struct request {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int minor_version = 1; ///< of HTTP/1.x
  bool keep_alive = true;
  peer client;

  /// The first header of this name (in lower case); null if there is none.
  const std::string* header(std::string_view name) const;
};

/// ASCII only, as header names are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// For metrics, whose labels must stay few: a usual method's name, else "other".
std::string_view method_label(std::string_view method);

} // namespace reeve::http
