#include "config/check_kinds.hpp"

#include "config/address.hpp"
#include "config/expectation.hpp"

#include <algorithm>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t guessable = 16;
constexpr std::size_t longest_token = 128;

// The path alone, or a map of `file` and the limits of its age.
void read_file(const reader& value, std::string& file, limits& age, bool age_needed) {
  fields f{value};
  if (!f.text("file", file))
    value.fail("needs 'file'");
  if (age_needed || f.find("degraded") || f.find("unhealthy"))
    read_limits(f, age, true);
  f.find("degraded"), f.find("unhealthy"); // known, for "did you mean"
  f.finish();
}

void read_token(const reader& at, std::string& into) {
  const auto token = at.text();
  if (!token)
    return;
  const bool fits = std::all_of(token->begin(), token->end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
           || c == '-';
  });
  const auto [seen, fresh] = at.shared().push_tokens.try_emplace(*token, at.at());
  if (!fits || token->size() > longest_token)
    at.fail("no token: they are made of letters, digits, '_' and '-', at most 128 of them");
  else if (!fresh)
    at.fail("the check in line " + std::to_string(seen->second.line)
            + " has the same token; every push check needs its own");
  else if (token->size() < guessable)
    at.warn("short enough to be guessed; take 16 characters or more, such as those of "
            "'openssl rand -hex 16'");
  into = *token;
}

} // namespace

std::span<const check_kind> check_kinds() {
  static const std::vector<check_kind> all{
    {"http",
     read_http,
     {"method", "headers", "body", "redirects", "tls", "unix", "connection"},
     {"http", "https"}},
    {"tcp", read_tcp, {"send", "tls"}, {"tcp", "unix"}},
    {"docker", read_docker, {}, {"docker"}},
    {"exec", read_exec, {}, {}},
    {"heartbeat", read_heartbeat, {}, {}},
    {"postgres",
     read_postgres,
     {"query", "password_file", "connection"},
     {"postgres", "postgresql"},
     role::readiness},
    {"redis",
     read_redis,
     {"password_file", "database", "connection"},
     {"redis", "rediss", "redis+unix"},
     role::readiness},
    {"dns", read_dns, {"type", "server"}, {}, role::readiness},
    {"icmp", read_icmp, {}, {}, role::readiness},
    {"json", read_json, {}, {}, role::readiness},
    {"push", read_push, {}, {}},
  };
  return all;
}

std::optional<reader> read_connection(fields& from, connection_use& into) {
  return from.word("connection", into);
}

void read_docker(const reader& value, fields&, check_spec& into) {
  into.target = docker_check{parsed(value, parse_container).value_or("")};
}

void read_exec(const reader& value, fields&, check_spec& into) {
  exec_check made;
  if (!value.is_map()) {
    made.command = value.command();
  } else {
    fields f{value};
    if (const auto command = f.find("command"))
      made.command = command->command();
    else
      value.fail("needs 'command'");
    f.finish();
  }
  into.target = made;
}

void read_heartbeat(const reader& value, fields&, check_spec& into) {
  heartbeat_check made;
  if (value.is_map())
    read_file(value, made.file, into.expect.age, true);
  else
    value.fail_type("a map: {file: ..., degraded: 60s, unhealthy: 120s}");
  into.target = made;
}

void read_json(const reader& value, fields&, check_spec& into) {
  json_check made;
  if (value.is_map())
    read_file(value, made.file, into.expect.age, false);
  else
    made.file = value.text().value_or("");
  if (made.file.find("://") != std::string::npos)
    value.fail("the path of a file, not a URL; an answer's JSON is what an http check expects");
  into.target = made;
}

void read_push(const reader& value, fields& beside, check_spec& into) {
  push_check made;
  if (value.is_map()) {
    fields f{value};
    if (const auto token = f.find("token"))
      read_token(*token, made.token);
    else
      value.fail("needs 'token'");
    if (!f.duration("period", made.period, 1s))
      value.fail("needs 'period'");
    made.grace = std::min<std::chrono::milliseconds>(made.period, 1min);
    f.duration("grace", made.grace, 0ms);
    f.duration("run", made.run, 1ms);
    f.finish();
  } else {
    value.fail("must be a map: {token: ..., period: 1h, grace: 5m}"); // it may be the token
  }
  for (const auto* key : {"interval", "timeout", "retry", "unhealthy_after"})
    if (const auto at = beside.find(key))
      at->warn("has no effect: a push check is missed when nothing came for 'period' and 'grace'");
  into.target = made;
}

} // namespace reeve::config
