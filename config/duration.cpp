#include "config/duration.hpp"

#include "config/problems.hpp"
#include "config/shown_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace reeve::config {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000},
                           unit{"s", 1'000}, unit{"ms", 1}};
constexpr std::int64_t longest = 36'500 * units[0].milliseconds;

error no_duration(std::string_view text) {
  return {in_quotes(text) + " is no duration; write one such as 250ms, 5s, 1m30s, 2h or 7d"};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
}

error no_unit(std::string_view text) {
  const std::string n{shown(text)};
  return {in_quotes(text) + " has no unit; write " + n + "ms, " + n + "s or " + n + "m"};
}

} // namespace

result<milliseconds> parse_duration(std::string_view text) {
  if (is_number(text))
    return no_unit(text);
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  if (text.empty())
    return no_duration(text);
  for (auto rest = text; !rest.empty();) {
    std::int64_t n = 0;
    const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), n);
    if (fault == std::errc::result_out_of_range || n > longest)
      return error{in_quotes(text) + " is too long; at most 36500d"};
    if (fault != std::errc{} || n < 0)
      return no_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto name = rest.substr(0, rest.find_first_of("0123456789"));
    while (next_unit < units.size() && units[next_unit].name != name)
      ++next_unit;
    if (next_unit == units.size())
      return no_duration(text);
    if (n > longest / units[next_unit].milliseconds)
      return error{in_quotes(text) + " is too long; at most 36500d"};
    sum += n * units[next_unit++].milliseconds;
    rest.remove_prefix(name.size());
  }
  if (sum > longest)
    return error{in_quotes(text) + " is too long; at most 36500d"};
  return milliseconds{sum};
}

std::string format_duration(milliseconds d) {
  std::string text;
  auto rest = d.count();
  for (const auto& u : units) {
    if (rest >= u.milliseconds)
      text += std::to_string(rest / u.milliseconds) + std::string{u.name};
    rest %= u.milliseconds;
  }
  return text.empty() ? "0s" : text;
}

} // namespace reeve::config
