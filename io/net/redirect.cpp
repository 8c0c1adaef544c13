#include "io/net/redirect.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace reeve::io {

namespace {

std::string in_small_letters(std::string text) {
  for (auto& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool becomes_get(const std::string& method, int status) {
  if (status == 303)
    return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

bool describes_body(const std::string& header) {
  return header.starts_with("content-") || header == "transfer-encoding" || header == "expect";
}

/// No secret stands in these.
bool is_for_everybody(const std::string& header) {
  static constexpr std::array<std::string_view, 9> harmless{
    "accept",        "accept-charset", "accept-encoding", "accept-language",
    "cache-control", "pragma",         "range",           "te",
    "user-agent"};
  return describes_body(header)
         || std::find(harmless.begin(), harmless.end(), header) != harmless.end();
}

} // namespace

bool is_redirect(int status) {
  return status == 300 || status == 301 || status == 302 || status == 303 || status == 307
         || status == 308;
}

result<http_check> redirected(const http_check& last, int status, std::string_view location) {
  const auto parsed = parse_web_url(last.url);
  const auto from = parsed ? *parsed : web_url{};
  auto to = resolve(from, location);
  if (!to)
    return error{to.sentence()};
  const bool stays = same_origin(from, *to);
  if (stays && to->userinfo.empty())
    to->userinfo = from.userinfo;
  auto next = last;
  next.url = to_text(*to);
  if (from.host != to->host)
    next.tls.server_name.clear();
  const bool drops_body = becomes_get(last.method, status);
  if (drops_body) {
    next.method = "GET";
    next.body.clear();
  }
  std::erase_if(next.headers, [&](const auto& header) {
    const auto name = in_small_letters(header.first);
    if (name == "host")
      return from.host != to->host;
    return (drops_body && describes_body(name)) || (!stays && !is_for_everybody(name));
  });
  return next;
}

} // namespace reeve::io
