#include "supervisor/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace reeve {

namespace {

std::string describe_long(std::int64_t seconds) {
  static constexpr std::array<std::pair<std::int64_t, char>, 4> units{
    {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::string text;
  int parts = 0;
  for (const auto& [size, letter] : units) {
    const auto count = seconds / size;
    seconds %= size;
    if (count > 0)
      text += std::to_string(count) + letter;
    // After the first unit only its neighbour is told: "1d6h", not "1d5m".
    if ((count > 0 || parts > 0) && ++parts == 2)
      break;
  }
  return text;
}

/// How many bytes at the front are one UTF-8 character; 0: none.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80)
    return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size)
    return 0;
  unsigned value = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80)
      return 0;
    value = value << 6U | (byte(i) & 0x3fU);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  return overlong || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : size;
}

/// Optimal string alignment distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differ = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differ});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

} // namespace

std::string describe(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < 0)
    return "-" + describe(-duration);
  if (ms < 1'000)
    return std::to_string(ms) + " ms";
  if (ms >= 60'000)
    return describe_long(ms / 1'000);
  std::string text = std::to_string(ms / 1'000);
  if (const auto tenths = ms % 1'000 / 100; tenths > 0)
    text += "." + std::to_string(tenths);
  return text + " s";
}

std::string rfc3339(wall_time t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(t - day)};
  std::array<char, 64> text{};
  const int length = std::snprintf(
    text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string one_line(std::string_view text, std::size_t most) {
  text = text.substr(0, most);
  std::string line;
  while (!text.empty()) {
    const auto size = character_at(text);
    const auto c = static_cast<unsigned char>(text.front());
    // C1 controls are two bytes.
    const bool control = c < ' ' || c == 0x7f
                         || (size == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (control)
      line += ' ';
    else if (size == 0)
      line += '?';
    else
      line += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  const auto first = line.find_first_not_of(' ');
  if (first == std::string::npos)
    return {};
  return line.substr(first, line.find_last_not_of(' ') - first + 1);
}

std::string counted(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  // A third of the name may be wrong, but not all of it; longer texts are cut off from the square.
  std::size_t best = std::min(std::max<std::size_t>(1, name.size() / 3) + 1, name.size());
  const std::string* found = nullptr;
  if (name.size() > 100)
    return {};
  for (const auto& candidate : candidates) {
    if (candidate.size() > name.size() + best || name.size() > candidate.size() + best)
      continue;
    if (const auto distance = edits(name, candidate); distance < best) {
      best = distance;
      found = &candidate;
    }
  }
  return found ? "; did you mean '" + one_line(*found, 100) + "'?" : "";
}

} // namespace reeve
