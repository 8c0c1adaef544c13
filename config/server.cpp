#include "config/server.hpp"

#include "config/address.hpp"

#include <algorithm>

namespace reeve::config {
namespace {

void read_address(const reader& from, server_spec& into) {
  const auto text = from.text();
  if (!text)
    return;
  const auto port = text->substr(text->front() == ':' ? 1 : 0);
  if (port.find_first_not_of("0123456789") == port.npos)
    return from.fail(from.quoted_text() + " names no address; write 127.0.0.1:" + port
                     + " for this machine alone, or 0.0.0.0:" + port
                     + " for all that can reach it");
  if (const auto parsed = parse_host_port(*text, 0)) {
    into.host = parsed->host;
    into.port = parsed->port;
  } else {
    from.fail_parsed(parsed.sentence());
  }
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
    read_address(*listen, into);
  if (const auto health = f.find("health"))
    read_health(*health, into);
  f.text("token_file", into.token_file);
  f.finish();
}

void read_listen(const reader& from, server_spec& into) {
  fields f{from};
  if (const auto listen = f.find("listen"))
    return read_address(*listen, into);
  f.find("health");
  f.find("token_file");
  f.finish();
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
