#include "config/shown_text.hpp"

#include "config/url.hpp"

#include <algorithm>
#include <cstddef>

namespace reeve::config {
namespace {

constexpr std::size_t most_shown = 80; // bytes of foreign text in a message

} // namespace

std::string shown(std::string_view written) {
  const auto text = without_secrets(written);
  auto length = std::min(text.size(), most_shown);
  while (length < text.size() && length > 0 && (text[length] & 0xC0) == 0x80)
    --length; // not in the middle of a character
  auto line = text.substr(0, length);
  std::replace_if(
    line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return length < text.size() ? line + "..." : line;
}

std::string in_quotes(std::string_view text) {
  return "'" + shown(text) + "'";
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0)
      all += i + 1 == words.size() ? " or " : ", ";
    all += words[i];
  }
  return all;
}

} // namespace reeve::config
