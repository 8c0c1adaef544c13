// Requests of bytes that come in any pieces.
#include "http/front/request_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <vector>

using namespace reeve;
using namespace reeve::http;
using fuzz::require;

namespace {

const front_limits limits{.header_bytes = 512, .body_bytes = 64};

void check(const request& r) {
  require(!r.method.empty(), "a request has a method");
  require(!r.target.empty() && r.target.front() == '/', "a path begins at the root");
  require(fuzz::is_one_line(r.target), "a path is a line");
  require(r.target.find(' ') == std::string::npos, "a path has no blanks");
  require(r.body.size() <= limits.body_bytes, "a body is not larger than allowed");
  for (const auto& [name, value] : r.headers)
    require(!name.empty() && value.find_first_of("\r\n") == std::string::npos, "headers are lines");
}

std::vector<std::string> requests_in(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> all;
  request_parser parser{limits};
  while (!bytes.empty() && !parser.refused()) {
    const auto part = bytes.substr(0, piece);
    const auto taken = parser.feed(part);
    require(taken == part.size() || parser.complete() || parser.refused(), "all bytes are taken");
    bytes.remove_prefix(taken);
    if (!parser.complete())
      continue;
    const auto r = parser.take();
    check(r);
    all.push_back(r.method + r.target + r.body + std::to_string(r.headers.size())
                  + (r.keep_alive ? "k" : "c"));
  }
  if (const auto& no = parser.refused()) {
    require(no->status >= 400 && no->status < 600 && !no->message.empty(), "a refusal says why");
    all.push_back(std::to_string(no->status));
  }
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  const auto whole = requests_in(bytes, size + 1);
  require(whole == requests_in(bytes, 1), "cuts do not matter");
  return 0;
}
