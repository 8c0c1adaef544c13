#include "config/address.hpp"
#include "config/check_kinds.hpp"
#include "config/expectation.hpp"
#include "config/shown_text.hpp"
#include "config/url.hpp"

#include <algorithm>
#include <map>

namespace reeve::config {
namespace {

void read_headers(const reader& from, std::map<std::string, std::string>& into) {
  for (const auto& [name, value] : from.entries()) {
    if (!is_header_name(name))
      value.fail(in_quotes(name) + " is no name of a header");
    const auto text = value.text(reader::empty::allowed);
    if (text && text->find_first_of("\r\n") != text->npos)
      value.fail("a header is one line");
    if (text)
      into[name] = *text;
  }
}

void read_server_name(const reader& from, std::string& into) {
  const auto name = from.text();
  if (name && !is_host_or_address(*name))
    return from.fail(from.quoted_text()
                     + " is no name of a server; write one such as app.example, without port");
  into = name.value_or("");
}

void read_tls(const reader& from, tls_options& into) {
  fields f{from};
  f.flag("verify", into.verify);
  if (const auto name = f.find("server_name"))
    read_server_name(*name, into.server_name);
  f.text("ca_file", into.ca_file);
  f.text("certificate_file", into.certificate_file);
  const auto key = f.text("key_file", into.key_file);
  if (key && into.certificate_file.empty())
    key->fail("a key needs its certificate; add 'certificate_file'");
  f.finish();
}

void read_method(const reader& from, std::string& into) {
  const auto method = from.text();
  if (!method)
    return;
  if (method->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == method->npos)
    into = *method;
  else
    from.fail(from.quoted_text() + " is no HTTP method; they are written like GET");
}

void read_http_socket(const reader& from, std::string& into) {
  if (!into.empty())
    from.fail("the URL names a socket already; say it in one of the two places");
  else
    into = parsed(from, parse_socket_path).value_or("");
}

} // namespace

void read_http(const reader& value, fields& beside, check_spec& into) {
  http_check made;
  if (auto address = parsed(value, parse_http_url)) {
    made.url = address->url;
    made.unix_socket = address->unix_socket;
  }
  if (const auto method = beside.find("method"))
    read_method(*method, made.method);
  if (const auto headers = beside.find("headers"))
    read_headers(*headers, made.headers);
  beside.text("body", made.body);
  beside.whole("redirects", made.max_redirects, 0, 50);
  if (const auto tls = beside.find("tls")) {
    read_tls(*tls, made.tls);
    if (scheme_of(made.url) == "http" && made.max_redirects == 0)
      tls->warn("has no effect on an http:// URL");
  }
  if (const auto socket = beside.find("unix"))
    read_http_socket(*socket, made.unix_socket);
  const auto connection = read_connection(beside, made.connection);
  if (connection && made.connection == connection_use::kept && made.max_redirects > 0)
    connection->warn("has no effect: a check that follows redirects keeps no connection");
  into.target = made;
  into.expect.status = {status_range{}};
}

void read_tcp(const reader& value, fields& beside, check_spec& into) {
  tcp_check made;
  const auto text = value.is_scalar() ? value.text() : std::nullopt;
  if (!text) {
    if (!value.is_scalar())
      value.fail_type("a URL such as tcp://localhost:5432 or unix:/run/app.sock");
  } else if (is_unix_url(*text)) {
    made.unix_socket = parsed(value, parse_socket_path).value_or("");
  } else if (auto address = parsed(value, parse_tcp_url)) {
    made.host = address->host;
    made.port = address->port;
  }
  beside.text("send", made.send);
  if (const auto tls = beside.find("tls")) {
    if (tls->is_map())
      read_tls(*tls, made.tls.emplace());
    else if (tls->is_list())
      tls->fail_type("true, false or a map");
    else if (tls->flag().value_or(false))
      made.tls.emplace();
  }
  into.target = made;
}

} // namespace reeve::config
