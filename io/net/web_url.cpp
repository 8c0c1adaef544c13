#include "io/net/web_url.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace reeve::io {

namespace {

error not_a_url() {
  return {"not a URL"};
}

std::string in_small_letters(std::string_view text) {
  std::string small{text};
  std::transform(small.begin(), small.end(), small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return small;
}

/// Before a colon, if that is one; else empty.
std::string scheme_of(std::string_view text) {
  const auto end = text.find_first_of(":/?#");
  if (end == std::string_view::npos || text[end] != ':' || end == 0
      || std::isalpha(static_cast<unsigned char>(text[0])) == 0)
    return {};
  const auto scheme = text.substr(0, end);
  const bool fits = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  });
  return fits ? in_small_letters(scheme) : "";
}

int default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

/// Blanks and bytes beyond ASCII come from servers that did not encode them.
std::string encoded(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F)
      made += c;
    else
      (made += '%').append({digits[byte >> 4], digits[byte & 15]});
  }
  return made;
}

/// RFC 3986, 5.2.4, of a path that begins with a slash.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool is_folder = false; // it ends with a slash
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, end);
    path.remove_prefix(end);
    is_folder = part == "." || part == "..";
    if (part == ".." && !kept.empty())
      kept.pop_back();
    else if (!is_folder)
      kept.push_back(part);
  }
  std::string made;
  for (const auto part : kept)
    made.append("/").append(part);
  return is_folder || made.empty() ? made + "/" : made;
}

std::string target_of(std::string_view path_and_query) {
  const auto query = std::min(path_and_query.find('?'), path_and_query.size());
  auto path = path_and_query.substr(0, query);
  return encoded(without_dots(path.empty() ? "/" : path)) + encoded(path_and_query.substr(query));
}

bool take_port(std::string_view text, web_url& into) {
  if (text.empty()) // "host:" is the scheme's
    return true;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into.port);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && into.port > 0
         && into.port <= 65'535;
}

/// `user@host:port`
bool take_authority(std::string_view text, web_url& into) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    into.userinfo = encoded(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos)
    return false;
  const auto colon = std::min(text.find(':', bracket), text.size());
  into.host = in_small_letters(text.substr(0, colon));
  into.port = default_port(into.scheme);
  const bool blank = std::any_of(into.host.begin(), into.host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '\\' || c == 0x7F;
  });
  return !into.host.empty() && !blank
         && (colon == text.size() || take_port(text.substr(colon + 1), into));
}

/// `//host/path?query`
result<web_url> with_authority(std::string scheme, std::string_view rest) {
  web_url made;
  made.scheme = std::move(scheme);
  if (!rest.starts_with("//"))
    return not_a_url();
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  if (!take_authority(rest.substr(0, end), made))
    return not_a_url();
  made.target = target_of(rest.substr(end));
  return made;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace

result<web_url> parse_web_url(std::string_view text) {
  return resolve({}, text);
}

result<web_url> resolve(const web_url& base, std::string_view reference) {
  reference = trimmed(reference.substr(0, reference.find('#')));
  if (auto scheme = scheme_of(reference); !scheme.empty()) {
    const auto rest = reference.substr(scheme.size() + 1);
    if (scheme != "http" && scheme != "https")
      return error{"not http or https"};
    return with_authority(std::move(scheme), rest);
  }
  if (base.host.empty())
    return not_a_url();
  if (reference.starts_with("//"))
    return with_authority(base.scheme, reference);
  auto made = base;
  const auto path = base.target.substr(0, base.target.find('?'));
  if (reference.starts_with('/'))
    made.target = target_of(reference);
  else if (reference.starts_with('?'))
    made.target = path + encoded(reference);
  else if (!reference.empty())
    made.target = target_of(path.substr(0, path.rfind('/') + 1) + std::string{reference});
  return made;
}

std::string authority_of(const web_url& url) {
  return url.host + (url.port == default_port(url.scheme) ? "" : ":" + std::to_string(url.port));
}

std::string to_text(const web_url& url) {
  return url.scheme + "://" + (url.userinfo.empty() ? "" : url.userinfo + "@") + authority_of(url)
         + url.target;
}

bool same_origin(const web_url& a, const web_url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

} // namespace reeve::io
