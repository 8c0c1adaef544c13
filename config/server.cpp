#include "config/server.hpp"

#include "config/address.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace reeve::config {
namespace {

std::optional<listen_address> read_socket(const reader& from, const std::string& text) {
  const auto path = parse_socket_path(text);
  if (path)
    return listen_address{"", 0, *path};
  from.fail_parsed(path.sentence());
  return {};
}

std::optional<listen_address> read_host_port(const reader& from, const std::string& text) {
  const auto port = text.substr(text.front() == ':' ? 1 : 0);
  if (port.find_first_not_of("0123456789") == port.npos) {
    from.fail(from.quoted_text() + " names no address; write 127.0.0.1:" + port
              + " for this machine alone, or 0.0.0.0:" + port + " for all that can reach it");
    return {};
  }
  if (text.front() == '/') {
    from.fail(from.quoted_text() + " names no address; write unix:/run/reeve.sock for a socket");
    return {};
  }
  const auto parsed = parse_host_port(text, 0);
  if (parsed)
    return listen_address{parsed->host, parsed->port, ""};
  from.fail_parsed(parsed.sentence());
  return {};
}

std::optional<listen_address> read_address(const reader& from) {
  const auto text = from.text();
  if (!text)
    return {};
  return is_unix_url(*text) ? read_socket(from, *text) : read_host_port(from, *text);
}

/// One address, or a list of them.
void read_addresses(const reader& from, server_spec& into) {
  std::vector<listen_address> all;
  for (const auto& item : from.is_list() ? from.items("a list of addresses") : std::vector{from})
    if (const auto one = read_address(item)) {
      if ((one->port != 0 || !one->unix_socket.empty())
          && std::find(all.begin(), all.end(), *one) != all.end())
        item.fail(item.quoted_text() + " stands there twice");
      all.push_back(*one);
    }
  if (!all.empty())
    into.listen = std::move(all);
}

void check_orders(const reader& from, const server_spec& made) {
  if (made.orders == order_access::token && made.token_file.empty())
    from.fail("'token' needs server.token_file, whose first line is the token");
  if (made.orders == order_access::none && !made.token_file.empty())
    from.warn("'none' takes no orders at all: server.token_file has no effect");
}

void read_health(const reader& from, server_spec& into) {
  fields f{from};
  f.word<health>("fail_on", into.fail_on,
                 {{"unhealthy", health::unhealthy}, {"degraded", health::degraded}});
  f.finish();
}

bool begins_metric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == ':';
}

} // namespace

void read_server(const reader& from, server_spec& into) {
  fields f{from};
  if (const auto listen = f.find("listen"))
    read_addresses(*listen, into);
  if (const auto health = f.find("health"))
    read_health(*health, into);
  const auto token = f.text("token_file", into.token_file);
  const auto orders = f.word("orders", into.orders);
  if (orders && !(token && into.token_file.empty()))
    check_orders(*orders, into);
  f.finish();
}

void read_listen(const reader& from, server_spec& into) {
  fields f{from};
  if (const auto listen = f.find("listen"))
    return read_addresses(*listen, into);
  f.find("health");
  f.find("token_file");
  f.find("orders");
  f.finish();
}

void read_token_file(const reader& from, server_spec& into) {
  fields f{from};
  f.text("token_file", into.token_file);
}

void read_docker_engine(const reader& from, docker_spec& into) {
  fields f{from};
  auto socket = into.socket;
  if (const auto at = f.text("socket", socket)) {
    if (socket.rfind("unix://", 0) == 0)
      socket.erase(0, 7);
    if (socket.front() == '/')
      into.socket = socket;
    else
      at->fail(at->quoted_text()
               + " is no path of a socket; write one such as /var/run/docker.sock");
  }
  f.finish();
}

void read_metrics(const reader& from, std::string& prefix) {
  fields f{from};
  auto text = prefix;
  if (const auto at = f.text("prefix", text)) {
    const bool fits =
      begins_metric(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
        return begins_metric(c) || (c >= '0' && c <= '9');
      });
    if (fits)
      prefix = text;
    else
      at->fail(at->quoted_text()
               + " cannot begin a metric's name; use letters, digits and '_', a letter first");
  }
  f.finish();
}

} // namespace reeve::config
