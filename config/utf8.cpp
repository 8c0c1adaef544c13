#include "config/utf8.hpp"

#include <algorithm>

namespace reeve::config {
namespace {

unsigned char byte(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool within(unsigned char b, unsigned char low, unsigned char high) {
  return b >= low && b <= high;
}

// Length of the well-formed sequence at `at` (Unicode, table 3-7); 0: there is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto b0 = byte(text, at), b1 = byte(text, at + 1);
  const auto tail = [&](std::size_t i) { return within(byte(text, at + i), 0x80, 0xBF); };
  if (b0 < 0x80)
    return 1;
  if (within(b0, 0xC2, 0xDF))
    return tail(1) ? 2 : 0;
  if (within(b0, 0xE0, 0xEF)) {
    const bool second = within(b1, b0 == 0xE0 ? 0xA0 : 0x80, b0 == 0xED ? 0x9F : 0xBF);
    return second && tail(2) ? 3 : 0;
  }
  if (within(b0, 0xF0, 0xF4)) {
    const bool second = within(b1, b0 == 0xF0 ? 0x90 : 0x80, b0 == 0xF4 ? 0x8F : 0xBF);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

} // namespace

std::optional<std::size_t> first_not_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence(text, at);
    if (length == 0)
      return at;
    at += length;
  }
  return {};
}

std::optional<std::size_t> first_control(std::string_view text) {
  const auto found = std::find_if(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  if (found == text.end())
    return {};
  return static_cast<std::size_t>(found - text.begin());
}

} // namespace reeve::config
