#include "config/expand.hpp"

#include "config/problems.hpp"
#include "config/shown_text.hpp"
#include "config/utf8.hpp"

#include <algorithm>

namespace reeve::config {
namespace {

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits)
         && (name[0] < '0' || name[0] > '9');
}

// What stands between `${` and `}`.
result<std::string> value_of(std::string_view inside, const environment& env) {
  const auto colon = inside.find(":-");
  const auto name = inside.substr(0, colon);
  if (!is_name(name))
    return error{"${" + shown(inside)
                 + "} names no environment variable; write ${NAME}, "
                   "${NAME:-default}, or $$ for a dollar sign"};
  const auto found = env(std::string{name});
  if (found && first_not_utf8(*found))
    return error{"environment variable " + shown(name) + " does not hold UTF-8"};
  if (colon == inside.npos)
    return found ? result<std::string>{*found}
                 : error{"environment variable " + shown(name) + " is not set; set it, or write ${"
                         + shown(name) + ":-default}"};
  const auto fallback = inside.substr(colon + 2);
  if (fallback.find("${") != fallback.npos)
    return error{"the default of ${" + shown(name) + "} cannot hold another ${...}"};
  return found && !found->empty() ? *found : std::string{fallback};
}

} // namespace

result<std::string> expand(std::string_view written, const environment& env) {
  std::string made;
  for (std::size_t at = 0; at < written.size();) {
    const auto dollar = std::min(written.find('$', at), written.size());
    made += written.substr(at, dollar - at);
    const auto next = dollar + 1 < written.size() ? written[dollar + 1] : '\0';
    if (next == '{') {
      const auto end = written.find('}', dollar);
      if (end == written.npos)
        return error{"'${' without '}'; write $$ for a dollar sign"};
      const auto value = value_of(written.substr(dollar + 2, end - dollar - 2), env);
      if (!value)
        return error{value.sentence()};
      made += *value;
      at = end + 1;
    } else {
      if (dollar < written.size())
        made += '$';
      at = dollar + (next == '$' ? 2 : 1);
    }
  }
  return made;
}

} // namespace reeve::config
