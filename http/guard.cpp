#include "http/guard.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace reeve::http {

namespace {

/// `host` and `port` of `host:port` or `[v6]:port`; the port may be empty.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(']', colon) != std::string_view::npos)
    return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool same_site(std::string_view origin, std::string_view host) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos)
    return false; // "null" too: a page that hides where it comes from
  const std::string_view usual = origin.substr(0, scheme_end) == "https" ? "443" : "80";
  const auto [origin_name, origin_port] = split_port(origin.substr(scheme_end + 3));
  const auto [host_name, host_port] = split_port(host);
  return equal_ignoring_case(origin_name, host_name)
         && (origin_port.empty() ? usual : origin_port) == (host_port.empty() ? usual : host_port);
}

bool is_address(std::string_view name) {
  if (name.size() > 2 && name.front() == '[' && name.back() == ']')
    name = name.substr(1, name.size() - 2);
  const std::string text{name};
  std::array<char, 16> ignored{};
  return ::inet_pton(AF_INET, text.c_str(), ignored.data()) == 1
         || ::inet_pton(AF_INET6, text.c_str(), ignored.data()) == 1;
}

bool is_our_name(std::string_view host, const server_spec& spec) {
  const auto name = split_port(host).first;
  constexpr std::string_view suffix = ".localhost";
  return is_address(name) || equal_ignoring_case(name, "localhost")
         || equal_ignoring_case(name, spec.host)
         || (name.size() > suffix.size()
             && equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix));
}

/// The first line of the file, without blanks around it; empty if there is none.
std::string read_token(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return {};
  std::array<char, 4096> text{};
  const auto n = ::read(fd, text.data(), text.size());
  ::close(fd);
  std::string_view token{text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  token = token.substr(0, token.find_first_of("\r\n"));
  const auto first = token.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return std::string{token.substr(first, token.find_last_not_of(" \t") - first + 1)};
}

/// Takes as long for a near miss as for a far one. REQUIRES: `secret` is not empty.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]);
  return difference == 0;
}

std::string_view bearer_of(const request& r) {
  const auto* given = r.header("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (given == nullptr || !equal_ignoring_case(given->substr(0, scheme.size()), scheme))
    return {};
  const auto token = std::string_view{*given}.substr(scheme.size());
  const auto first = token.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view{} : token.substr(first);
}

answer unauthorized() {
  auto a = error_answer(401, "unauthorized",
                        "orders from beyond this machine need 'Authorization: Bearer TOKEN' with "
                        "the token of server.token_file");
  a.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"reeve\"");
  return a;
}

enum class token_check { absent, unreadable, wrong, right };

token_check check_token(const request& r, const server_spec& spec) {
  if (spec.token_file.empty())
    return token_check::absent;
  const auto token = read_token(spec.token_file);
  if (token.empty())
    return token_check::unreadable;
  return equal_in_constant_time(bearer_of(r), token) ? token_check::right : token_check::wrong;
}

std::optional<answer> refuse_remote(token_check token, const server_spec& spec) {
  switch (token) {
  case token_check::right:
    return std::nullopt;
  case token_check::wrong:
    return unauthorized();
  case token_check::unreadable:
    spdlog::error("cannot read a token from server.token_file '{}': orders from beyond this "
                  "machine are refused",
                  spec.token_file);
    return error_answer(500, "token_file",
                        "server.token_file cannot be read or is empty; see the daemon's log");
  case token_check::absent:
    break;
  }
  return error_answer(403, "forbidden",
                      "orders are taken from this machine only; set server.token_file to take "
                      "them from others");
}

} // namespace

std::optional<answer> refuse_order(const request& r, const server_spec& spec) {
  const auto* host = r.header("host");
  const auto* origin = r.header("origin");
  if (origin != nullptr && (host == nullptr || !same_site(*origin, *host)))
    return error_answer(403, "foreign_origin", "orders are not taken from pages of other sites");
  if (!r.from_loopback)
    return refuse_remote(check_token(r, spec), spec);
  if (host == nullptr || is_our_name(*host, spec) || check_token(r, spec) == token_check::right)
    return std::nullopt;
  return error_answer(403, "foreign_host",
                      "orders are not taken under the name '" + *host
                        + "'; use localhost, an address, or a token");
}

} // namespace reeve::http
