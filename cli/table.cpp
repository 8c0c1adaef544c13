#include "cli/table.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace reeve::cli {

namespace {

const char* escape_of(colour c) {
  switch (c) {
  case colour::good:
    return "\033[32m";
  case colour::warning:
    return "\033[33m";
  case colour::bad:
    return "\033[31m";
  case colour::faint:
    return "\033[2m";
  case colour::plain:
    return "";
  }
  return "";
}

// Code points, not bytes: good enough for columns of names and reasons.
std::size_t width(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string written_out(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// How many bytes `text` begins with that are one character and no control character; 0: none.
std::size_t shown_as_it_is(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80)
    return (first >= 0x20 && first != 0x7f) || first == '\t' ? 1 : 0;
  const std::size_t size = first >= 0xF5   ? 0
                           : first >= 0xF0 ? 4
                           : first >= 0xE0 ? 3
                           : first >= 0xC2 ? 2
                                           : 0;
  if (size == 0 || text.size() < size)
    return 0;
  const bool is_whole = std::all_of(text.begin() + 1, text.begin() + static_cast<long>(size),
                                    [](char c) { return (c & 0xC0) == 0x80; });
  // U+0080 to U+009F drive terminals, too: U+009B is what ESC [ is.
  const bool is_control = first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
  return is_whole && !is_control ? size : 0;
}

void append_row(std::string& out, const std::vector<cell>& row,
                const std::vector<std::size_t>& widths, bool colours) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    out += paint(row[i].text, colours ? row[i].colour : colour::plain);
    if (i + 1 < row.size())
      out.append(widths[i] - width(row[i].text) + 2, ' ');
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

} // namespace

std::string paint(const std::string& text, colour c) {
  return c == colour::plain || text.empty() ? text : escape_of(c) + text + "\033[0m";
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto size = shown_as_it_is(text);
    if (size > 0)
      out += text.substr(0, size);
    else
      out += written_out(text.front());
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string render_table(const std::vector<std::string>& header,
                         std::vector<std::vector<cell>> rows, bool colours) {
  std::vector<std::size_t> widths;
  std::vector<cell> titles;
  for (const auto& title : header) {
    widths.push_back(width(title));
    titles.push_back({title, colour::faint});
  }
  for (auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i].text = printable(row[i].text);
      widths[i] = std::max(widths[i], width(row[i].text));
    }
  std::string out;
  append_row(out, titles, widths, colours);
  for (const auto& row : rows)
    append_row(out, row, widths, colours);
  return out;
}

bool stdout_wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

colour colour_of_health(const std::string& health) {
  if (health == "healthy")
    return colour::good;
  if (health == "unhealthy")
    return colour::bad;
  return colour::warning;
}

} // namespace reeve::cli
