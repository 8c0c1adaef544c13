// What an expectation looks for in a body. The input: an expression, a line; a dotted path and what
// it is compared with, a line each; the body.
#include "io/checks/reply_body.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace reeve;
using fuzz::require;

namespace {

std::string take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string line{text.substr(0, end)};
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  expectation expected;
  expected.matches = take_line(text);
  const auto path = take_line(text);
  expected.fields.push_back({path, parse_comparison(take_line(text))});
  expected.contains = path;
  const io::reply_body body{expected};
  reply found;
  body.extract(text, found);
  require(found.fields.size() == 1, "there is one value for each path");
  require(found.json_valid || !found.fields[0], "what is no JSON has no values");
  require(found.contains == (text.find(path) != std::string_view::npos), "what is there is found");
  require(found.excerpt.size() <= 200, "an excerpt is short");
  const auto verdict = evaluate(expected, found);
  require((verdict.result == check_result::ok) == verdict.reason.empty(), "bad news has a reason");
  return 0;
}
