#include "io/net/http_request.hpp"

#include "io/net/answer_headers.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace reeve::io {

namespace {

using headers = std::map<std::string, std::string>;

bool has(const headers& given, std::string_view name) {
  return std::any_of(given.begin(), given.end(),
                     [&](const auto& h) { return same_header(h.first, name); });
}

/// Servers wait for a body of these, and want to be told that there is none.
bool announces_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

std::string decoded(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto* end = text.data() + i + 3;
    const bool coded = text[i] == '%' && i + 2 < text.size()
                       && std::from_chars(text.data() + i + 1, end, byte, 16).ptr == end;
    made += coded ? static_cast<char>(byte) : text[i];
    i += coded ? 2 : 0;
  }
  return made;
}

std::string without_brackets(const std::string& host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

std::string text_of(const http_check& what, const web_url& url, bool keeps) {
  std::string text = what.method + " " + url.target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  const auto add_unless_given = [&](std::string_view name, const std::string& value) {
    if (!has(what.headers, name))
      add(name, value);
  };
  add_unless_given("Host", authority_of(url));
  if (!url.userinfo.empty())
    add_unless_given("Authorization", basic_authorization(url.userinfo));
  add_unless_given("User-Agent", "reeve");
  add_unless_given("Accept", "*/*");
  if (!keeps)
    add_unless_given("Connection", "close");
  for (const auto& [name, value] : what.headers)
    if (!same_header(name, "Transfer-Encoding")) // the body goes out as it is
      add(name, value);
  if (!what.body.empty() || announces_body(what.method))
    add_unless_given("Content-Length", std::to_string(what.body.size()));
  if (!what.body.empty())
    add_unless_given("Content-Type", "application/x-www-form-urlencoded");
  return text + "\r\n" + what.body;
}

} // namespace

std::string basic_authorization(const std::string& userinfo) {
  const auto colon = std::min(userinfo.find(':'), userinfo.size());
  const auto plain =
    decoded(userinfo.substr(0, colon)) + ":"
    + decoded(colon < userinfo.size() ? userinfo.substr(colon + 1) : std::string{});
  std::string coded((plain.size() + 2) / 3 * 4 + 1, '\0');
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                    reinterpret_cast<const unsigned char*>(plain.data()),
                                    static_cast<int>(plain.size()));
  coded.resize(static_cast<std::size_t>(size));
  return "Basic " + coded;
}

http_request::http_request(const http_check& what)
    : is_head{what.method == "HEAD"},
      // Each redirect has a way of its own, which may lead anywhere.
      keeps_connection{what.connection == connection_use::kept && what.max_redirects == 0} {
  const auto url = parse_web_url(what.url);
  if (!url)
    return;
  host = without_brackets(url->host);
  port = url->port;
  by_tls = url->scheme == "https";
  text = text_of(what, *url, keeps_connection);
}

} // namespace reeve::io
