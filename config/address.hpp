#pragma once

#include "supervisor/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reeve::config {

struct host_port {
  std::string host; ///< without brackets
  int port = 0;
};

/// `name:80`, `127.0.0.1:80`, `[::1]:80`.
result<host_port> parse_host_port(std::string_view text, int lowest_port);

/// The same where the port may be left out; an empty host is allowed.
result<host_port> parse_authority(std::string_view text, int default_port);

/// `tcp://host:port`.
result<host_port> parse_tcp_url(std::string_view text);

/// A URL that a request can be made of, and the socket to send it to.
struct http_address {
  std::string url;
  std::string unix_socket; ///< empty: the URL's host
};

/// `http://...`, `https://...`, `http://unix:/run/app.sock:/path`.
result<http_address> parse_http_url(std::string_view text);

/// Whether `text` is one of the URLs of the next.
bool is_unix_url(std::string_view text);

/// The path of `/run/x.sock`, `unix:/run/x.sock`, `unix:///run/x.sock` or
/// `tcp://unix:/run/x.sock`.
result<std::string> parse_socket_path(std::string_view text);

/// NAME of `docker://NAME` or of plain `NAME`.
result<std::string> parse_container(std::string_view text);

/// A host name or an address without brackets or port, as the resolver may know it.
bool is_host_or_address(std::string_view text);

/// An address in digits as `inet_ntop` writes it; none: it is no address.
std::optional<std::string> canonical_address(std::string_view text);

} // namespace reeve::config
