#pragma once

#include "supervisor/specs/expectation.hpp"
#include "supervisor/words.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

struct tls_options {
  bool verify = true;
  std::string ca_file;          ///< empty: the system's certificates
  std::string certificate_file; ///< client certificate; empty: none
  std::string key_file;
  std::string server_name; ///< asked for and verified instead of the host's name; empty: the host's

  bool operator==(const tls_options&) const = default;
};

/// Whether a check opens a connection for each run or keeps one between runs.
enum class connection_use { fresh, kept };

template <>
struct words<connection_use> {
  static constexpr std::string_view all[] = {"fresh", "kept"};
};

struct http_check {
  std::string url; ///< http:// or https://
  std::string method = "GET";
  std::map<std::string, std::string> headers;
  std::string body;
  int max_redirects = 0; ///< 0: a redirect is the reply
  tls_options tls;
  std::string unix_socket; ///< connected to instead of the URL's host; empty: none
  connection_use connection = connection_use::fresh;

  bool operator==(const http_check&) const = default;
};

/// Ok once connected, and, where the expectation asks for a body, once what the
/// server sent holds it.
struct tcp_check {
  std::string host;
  int port = 0;
  std::string unix_socket; ///< instead of host and port; empty: none
  std::string send;        ///< bytes; empty: nothing is sent
  std::optional<tls_options> tls;

  bool operator==(const tcp_check&) const = default;
};

/// Exit code 0 is ok, another has failed. No shell.
struct exec_check {
  std::vector<std::string> command;

  bool operator==(const exec_check&) const = default;
};

/// A file whose modification time, or the Unix timestamp inside it, says when
/// the service was last alive. Its limits are `expectation::age`.
struct heartbeat_check {
  std::string file;

  bool operator==(const heartbeat_check&) const = default;
};

/// State and HEALTHCHECK result of a container.
struct docker_check {
  std::string container;

  bool operator==(const docker_check&) const = default;
};

/// One query; `value` (first column of the first row) and `rows` (their number) are
/// the fields an expectation may compare.
struct postgres_check {
  std::string url;           ///< postgres:// with libpq's parameters; may hold a password
  std::string password_file; ///< its first line is the password; empty: none
  std::string query = "SELECT 1";
  connection_use connection = connection_use::kept;

  bool operator==(const postgres_check&) const = default;
};

/// PING, and INFO if the expectation compares its fields.
struct redis_check {
  std::string host;
  int port = 6379;
  std::string unix_socket; ///< instead of host and port; empty: none
  std::string user;        ///< empty: AUTH with the password alone
  std::string password;
  std::string password_file; ///< its first line is the password; empty: none
  int database = 0;
  connection_use connection = connection_use::kept;

  bool operator==(const redis_check&) const = default;
};

enum class dns_record { a, aaaa, cname, mx, ns, ptr, srv, txt };

/// Good if the name has such a record; `expectation::answers` says which. Answers are
/// compared as text: addresses as `inet_ntop` writes them, names in lower case without
/// the last dot, `10 mail.example.org` (MX), `0 5 5060 sip.example.org` (SRV).
struct dns_check {
  std::string name;
  dns_record record = dns_record::a;
  std::string server; ///< address in digits; empty: the system's name servers
  int port = 53;

  bool operator==(const dns_check&) const = default;
};

/// An echo request through the kernel's unprivileged ping socket.
struct icmp_check {
  std::string host;

  bool operator==(const icmp_check&) const = default;
};

/// A JSON file that the service writes: its age by modification time, and its fields.
struct json_check {
  std::string file;

  bool operator==(const json_check&) const = default;
};

/// A deadline that the service resets by `POST /api/v1/push/{token}`: missed when
/// nothing came for `period + grace`, or a run that told its start took longer than `run`.
struct push_check {
  std::string token; ///< unique in the configuration
  std::chrono::milliseconds period{0};
  std::chrono::milliseconds grace{0};
  std::chrono::milliseconds run{0}; ///< what a run may take that told its start; 0: `grace`

  bool operator==(const push_check&) const = default;
};

using check_target =
  std::variant<http_check, tcp_check, exec_check, heartbeat_check, docker_check, postgres_check,
               redis_check, dns_check, icmp_check, json_check, push_check>;

/// The config's word for a kind of check: "http", "tcp", "exec", ...
std::string_view kind_of(const check_target& target);

/// Whether what this kind of check says is a fact, which counts at once, or a
/// verdict, which counts through `unhealthy_after` and `healthy_after`.
bool tells_facts(const check_target& target);

enum class role {
  liveness,  ///< may restart its service
  readiness, ///< shows, counts and gates dependents; never restarts
};

struct check_spec {
  std::string name; ///< unique in its service: the kind, or `kind-2` and so on
  check_target target;
  reeve::role role = role::liveness;
  std::chrono::milliseconds interval{30'000};
  std::chrono::milliseconds timeout{5'000};
  int unhealthy_after = 3;
  int healthy_after = 1;
  std::chrono::milliseconds start_period{0};
  expectation expect;
  std::chrono::milliseconds retry{
    5'000}; ///< until the next look at what failed; at most `interval`

  bool operator==(const check_spec&) const = default;
};

// The config's words.
template <>
struct words<dns_record> {
  static constexpr std::string_view all[] = {"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"};
};
template <>
struct words<role> {
  static constexpr std::string_view all[] = {"liveness", "readiness"};
};

} // namespace reeve
