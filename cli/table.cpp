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
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\t')
      out += c;
    else
      out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
  }
  return out;
}

std::string render_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<cell>>& rows, bool colours) {
  std::vector<std::size_t> widths;
  std::vector<cell> titles;
  for (const auto& title : header) {
    widths.push_back(width(title));
    titles.push_back({title, colour::faint});
  }
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i].text));
  std::string out;
  append_row(out, titles, widths, colours);
  for (const auto& row : rows)
    append_row(out, row, widths, colours);
  return out;
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
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
