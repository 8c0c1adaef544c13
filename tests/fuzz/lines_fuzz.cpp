// Lines of a stream: the same however it is cut. The first byte says how.
#include "io/loop/line_splitter.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <vector>

using namespace reeve;
using fuzz::require;

namespace {

constexpr std::size_t longest = 8;

std::vector<std::string> split(std::string_view text, std::size_t piece) {
  std::vector<std::string> lines;
  const auto give = [&](std::string_view line) { lines.emplace_back(line); };
  io::line_splitter splitter{longest};
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
    splitter.feed(text.substr(0, piece), give);
  splitter.finish(give);
  return lines;
}

std::string without_newlines(std::string_view text) {
  std::string rest;
  for (const char c : text)
    if (c != '\n')
      rest += c;
  return rest;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto text = fuzz::text_of(data + 1, size - 1);
  const auto lines = split(text, text.size() + 1);
  require(lines == split(text, 1U + data[0] % 16), "cuts do not matter");
  std::string all;
  for (const auto& line : lines) {
    require(line.size() <= longest && line.find('\n') == std::string::npos, "a line is a line");
    all += line;
  }
  require(all == without_newlines(text), "nothing is lost");
  return 0;
}
