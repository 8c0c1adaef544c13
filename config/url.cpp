#include "config/url.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace reeve::config {
namespace {

constexpr std::size_t longest_shown = 4'096; // of a hostile text

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool well_encoded(std::string_view text) {
  for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || hex_digit(text[at + 1]) < 0 || hex_digit(text[at + 2]) < 0)
      return false;
  }
  return true;
}

bool may_be_secret(std::string_view name) {
  std::string lower{name};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  for (const auto* word : {"pass", "token", "secret", "key"})
    if (lower.find(word) != lower.npos)
      return true;
  return false;
}

// Splits at the first `mark`; the second part is empty without one.
std::pair<std::string_view, std::string_view> halves(std::string_view text, char mark) {
  const auto at = std::min(text.find(mark), text.size());
  return {text.substr(0, at), text.substr(std::min(at + 1, text.size()))};
}

std::vector<std::pair<std::string_view, std::string_view>> parameters(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  while (!query.empty()) {
    const auto [one, rest] = halves(query, '&');
    all.push_back(halves(one, '='));
    query = rest;
  }
  return all;
}

std::string without_secret_parameters(std::string_view text) {
  std::string safe{text.substr(0, text.find('?'))};
  if (safe.size() == text.size())
    return safe;
  safe += '?';
  const char* between = "";
  for (const auto& [name, value] : parameters(text.substr(safe.size()))) {
    safe += between + std::string{name};
    if (!value.empty())
      safe += "=" + (may_be_secret(name) ? "***" : std::string{value});
    between = "&";
  }
  return safe;
}

} // namespace

std::string_view scheme_of(std::string_view text) {
  const auto end = text.find("://");
  return end == text.npos ? std::string_view{} : text.substr(0, end);
}

result<url_parts> split_url(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; }))
    return error{"holds a blank; a URL has none, write %20"};
  url_parts made;
  made.scheme = scheme_of(text);
  if (!well_encoded(text))
    return error{"holds a '%' that encodes nothing; write %25"};
  const auto rest = text.substr(std::min(made.scheme.size() + 3, text.size()));
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (rest.find_first_of("@#", end) != rest.npos)
    return error{"cannot be told apart; in names and passwords write / as %2F, ? as %3F, # as "
                 "%23 and @ as %40"};
  const auto authority = rest.substr(0, end);
  const auto at = authority.rfind('@');
  if (at != authority.npos)
    std::tie(made.user, made.password) = halves(authority.substr(0, at), ':');
  made.hosts = authority.substr(at == authority.npos ? 0 : at + 1);
  const auto [path, query] = halves(rest.substr(end), '?');
  made.path = path;
  made.query = parameters(query);
  return made;
}

std::string percent_decoded(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool encoded = text[i] == '%' && i + 2 < text.size();
    made +=
      encoded ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    i += encoded ? 2 : 0;
  }
  return made;
}

std::string without_secrets(std::string_view text) {
  text = text.substr(0, longest_shown);
  const auto scheme = scheme_of(text);
  const auto begin = scheme.empty() ? 0 : scheme.size() + 3;
  // The last '@': a password may hold one that should have been encoded.
  const auto at = text.rfind('@');
  if (at == text.npos || at < begin)
    return without_secret_parameters(text);
  const auto colon = text.find(':', begin);
  std::string shown{text.substr(0, begin)};
  if (colon < at)
    shown += without_secret_parameters(text.substr(begin, colon - begin)) + ":***";
  else if (scheme.empty() || scheme.substr(0, 8) == "postgres")
    shown += without_secret_parameters(text.substr(begin, at - begin)); // a name alone
  else
    shown += "***";
  return shown + without_secret_parameters(text.substr(at));
}

} // namespace reeve::config
