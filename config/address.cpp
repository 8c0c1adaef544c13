#include "config/address.hpp"

#include "config/problems.hpp"
#include "config/shown_text.hpp"
#include "config/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

namespace reeve::config {
namespace {

bool alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool one_of(char c, std::string_view others) {
  return others.find(c) != others.npos;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return alphanumeric(c) || one_of(c, ".-_") || (c & 0x80) != 0;
  });
}

// Near enough: the resolver has the last word. A zone may follow, as in fe80::1%eth0.
bool is_ipv6(std::string_view host) {
  const auto zone = std::min(host.find('%'), host.size());
  return host.find(':') < zone && host.find_first_not_of("0123456789abcdefABCDEF:.") >= zone
         && std::all_of(host.begin() + static_cast<std::ptrdiff_t>(zone), host.end(),
                        [](char c) { return alphanumeric(c) || one_of(c, "%.-_"); });
}

std::optional<int> parse_port(std::string_view text, int lowest) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc{} || end != text.data() + text.size() || port < lowest || port > 65'535)
    return {};
  return port;
}

bool bracketed(std::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']';
}

// What stands before the path of a socket.
constexpr std::string_view socket_prefixes[] = {"tcp://unix:", "unix://", "unix:"};

} // namespace

result<host_port> parse_host_port(std::string_view text, int lowest_port) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  if (colon == text.npos || host.empty())
    return error{in_quotes(text) + " must name host and port, as in 127.0.0.1:8006"};
  const bool brackets = bracketed(host);
  if (brackets)
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != host.npos)
    return error{in_quotes(text) + " needs brackets around the address, as in [::1]:8006"};
  if (brackets ? !is_ipv6(host) : !is_host(host))
    return error{in_quotes(host) + " is no host name"};
  const auto port = parse_port(text.substr(colon + 1), lowest_port);
  if (!port)
    return error{in_quotes(text.substr(colon + 1)) + " is no port; ports go from "
                 + std::to_string(lowest_port) + " to 65535"};
  return host_port{std::string{host}, *port};
}

result<host_port> parse_authority(std::string_view text, int default_port) {
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == text.npos ? 0 : bracket);
  const auto host = text.substr(0, colon);
  const bool brackets = bracketed(host);
  host_port made{std::string{brackets ? host.substr(1, host.size() - 2) : host}, default_port};
  if (!host.empty() && !(brackets ? is_ipv6(made.host) : is_host(host)))
    return error{in_quotes(host) + " is no host name"};
  if (colon == text.npos)
    return made;
  const auto port = parse_port(text.substr(colon + 1), 1);
  if (!port)
    return error{in_quotes(text.substr(colon + 1)) + " is no port; ports go from 1 to 65535"};
  made.port = *port;
  return made;
}

result<host_port> parse_tcp_url(std::string_view text) {
  if (scheme_of(text) != "tcp")
    return error{in_quotes(text) + " must be a URL such as tcp://localhost:5432"};
  auto rest = text.substr(6);
  if (!rest.empty() && rest.back() == '/')
    rest.remove_suffix(1);
  if (rest.empty() || rest.find(':') == rest.npos)
    return error{in_quotes(text) + " must name host and port, as in tcp://localhost:5432"};
  return parse_host_port(rest, 1);
}

result<http_address> parse_http_url(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (scheme != "http" && scheme != "https")
    return error{in_quotes(text) + " must be a URL such as http://localhost:8080/health"};
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; }))
    return error{in_quotes(text) + " holds a blank; a URL has none, write %20"};
  const auto rest = text.substr(scheme.size() + 3);
  if (rest.substr(0, 6) == "unix:/") {
    const auto end = std::min(rest.find(':', 6), rest.size());
    const auto path = parse_socket_path(rest.substr(0, end));
    const auto target = rest.substr(std::min(end + 1, rest.size()));
    if (!path)
      return error{path.sentence()};
    if (!target.empty() && target.front() != '/')
      return error{in_quotes(text)
                   + " needs a path after its socket, as in http://unix:/run/app.sock:/health"};
    return http_address{
      std::string{scheme} + "://localhost" + (target.empty() ? "/" : std::string{target}), *path};
  }
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, end);
  authority.remove_prefix(std::min(authority.rfind('@') + 1, authority.size()));
  const auto address = parse_authority(authority, 80);
  if (address && !address->host.empty())
    return http_address{std::string{text}, ""};
  // A password that should have been encoded is not quoted.
  if (rest.find('@', end) != rest.npos)
    return error{in_quotes(text) + " cannot be told apart; write @ as %40 and / as %2F"};
  return error{in_quotes(text) + ": " + (address ? "names no host" : address.sentence())};
}

bool is_unix_url(std::string_view text) {
  return text.substr(0, 5) == "unix:" || text.substr(0, 12) == "tcp://unix:/";
}

result<std::string> parse_socket_path(std::string_view text) {
  constexpr std::size_t longest = 107; // what a sockaddr_un holds
  auto path = text;
  for (const auto prefix : socket_prefixes)
    if (path == text && text.substr(0, prefix.size()) == prefix)
      path.remove_prefix(prefix.size());
  if (path.size() < 2 || path.front() != '/')
    return error{in_quotes(text) + " is no path of a socket; write one such as /run/app.sock"};
  if (path.size() > longest)
    return error{in_quotes(text) + " is longer than " + std::to_string(longest)
                 + " bytes, which no socket's path can be"};
  return std::string{path};
}

result<std::string> parse_container(std::string_view text) {
  auto name = text;
  if (scheme_of(name) == "docker")
    name.remove_prefix(9);
  const bool fits = !name.empty() && alphanumeric(name.front())
                    && std::all_of(name.begin(), name.end(),
                                   [](char c) { return alphanumeric(c) || one_of(c, "_.-"); });
  if (!fits)
    return error{in_quotes(text) + " names no container; write docker://NAME"};
  return std::string{name};
}

bool is_host_or_address(std::string_view text) {
  return text.find(':') == text.npos ? is_host(text) : is_ipv6(text);
}

std::optional<std::string> canonical_address(std::string_view text) {
  const std::string written{text};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, written.c_str(), bytes.data()) == 1
        && inet_ntop(family, bytes.data(), canonical.data(), canonical.size()) != nullptr)
      return canonical.data();
  return {};
}

} // namespace reeve::config
