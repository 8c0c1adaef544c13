#include "config/address.hpp"

#include "config/problems.hpp"

#include <algorithm>
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

// Between "://" and the path; the port may be left out.
std::optional<error> authority_error(std::string_view authority) {
  authority.remove_prefix(std::min(authority.rfind('@') + 1, authority.size()));
  const auto colon =
    authority.find(':', authority.rfind(']') == authority.npos ? 0 : authority.rfind(']'));
  const auto host = authority.substr(0, colon);
  if (bracketed(host) ? !is_ipv6(host.substr(1, host.size() - 2)) : !is_host(host))
    return error{host.empty() ? "names no host" : in_quotes(host) + " is no host name"};
  if (colon != authority.npos && !parse_port(authority.substr(colon + 1), 1))
    return error{in_quotes(authority.substr(colon + 1)) + " is no port; ports go from 1 to 65535"};
  return {};
}

} // namespace

std::string_view scheme_of(std::string_view text) {
  const auto end = text.find("://");
  return end == text.npos ? std::string_view{} : text.substr(0, end);
}

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

result<std::string> parse_http_url(std::string_view text) {
  const auto scheme = scheme_of(text);
  if (scheme != "http" && scheme != "https")
    return error{in_quotes(text) + " must be a URL such as http://localhost:8080/health"};
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7F; }))
    return error{in_quotes(text) + " holds a blank; a URL has none, write %20"};
  const auto rest = text.substr(scheme.size() + 3);
  if (const auto wrong = authority_error(rest.substr(0, rest.find_first_of("/?#"))))
    return error{in_quotes(text) + ": " + wrong->sentence};
  return std::string{text};
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

} // namespace reeve::config
