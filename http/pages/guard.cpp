#include "http/pages/guard.hpp"

#include <arpa/inet.h>
#include <spdlog/spdlog.h>

#include <algorithm>
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
         || std::any_of(spec.listen.begin(), spec.listen.end(),
                        [&](const auto& at) { return equal_ignoring_case(name, at.host); })
         || (name.size() > suffix.size()
             && equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix));
}

/// Takes as long for a near miss as for a far one; nothing is like an empty secret.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  if (secret.empty())
    return false;
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

answer unauthorized(const server_spec& spec) {
  const std::string who = spec.orders == order_access::token ? "orders" : "orders from elsewhere";
  auto a = error_answer(401, "unauthorized",
                        who
                          + " need the token of server.token_file: 'Authorization: Bearer TOKEN', "
                            "or --token-file of reeve's own commands");
  a.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"reeve\"");
  return a;
}

answer without_token_file(const server_spec& spec) {
  if (spec.orders == order_access::token)
    return error_answer(403, "forbidden", "orders need a token, and there is no server.token_file");
  return error_answer(403, "forbidden",
                      "orders are taken from this machine only; set server.token_file to take "
                      "them from others");
}

/// Nobody was let in by where the request comes from.
std::optional<answer> refuse_without_token(const request& r, const server_spec& spec,
                                           const result<std::string>& token) {
  if (!spec.token_file.empty() && token && equal_in_constant_time(bearer_of(r), *token))
    return std::nullopt;
  const auto* host = r.header("host");
  if (spec.orders == order_access::local && host != nullptr && r.client.is_this_machine())
    return error_answer(403, "foreign_host",
                        "orders are not taken under the name '" + *host
                          + "'; use localhost, an address, or a token");
  if (spec.token_file.empty())
    return without_token_file(spec);
  if (token)
    return unauthorized(spec);
  spdlog::error("orders that need the token of server.token_file are refused: {}",
                token.sentence());
  return error_answer(500, "token_file",
                      "server.token_file cannot be read or is empty; see the daemon's log");
}

bool is_foreign_page(const request& r) {
  const auto* origin = r.header("origin");
  const auto* host = r.header("host");
  return origin != nullptr && (host == nullptr || !same_site(*origin, *host));
}

bool is_let_in_by_its_place(const request& r, const server_spec& spec) {
  if (spec.orders != order_access::local || !r.client.is_this_machine())
    return false;
  const auto* host = r.header("host");
  return r.client.is_by_file() || host == nullptr || is_our_name(*host, spec);
}

} // namespace

bool needs_token(const request& r, const server_spec& spec) {
  return spec.orders != order_access::none && !is_foreign_page(r)
         && !is_let_in_by_its_place(r, spec);
}

std::optional<answer> refuse_order(const request& r, const server_spec& spec,
                                   const result<std::string>& token) {
  if (spec.orders == order_access::none)
    return error_answer(403, "orders_off",
                        "this Reeve takes no orders: its config says server.orders: none");
  if (is_foreign_page(r))
    return error_answer(403, "foreign_origin", "orders are not taken from pages of other sites");
  if (is_let_in_by_its_place(r, spec))
    return std::nullopt;
  return refuse_without_token(r, spec, token);
}

guard::guard(io::loop& l, server_spec spec) : spec_{std::move(spec)}, token_{l, spec_.token_file} {
}

void guard::admit(const request& r, decision decide) {
  if (spec_.token_file.empty() || bearer_of(r).empty() || !needs_token(r, spec_))
    return decide(refuse_order(r, spec_, std::string{}));
  token_.read([this, r, decide = std::move(decide)](const result<std::string>& token) {
    decide(refuse_order(r, spec_, token));
  });
}

} // namespace reeve::http
