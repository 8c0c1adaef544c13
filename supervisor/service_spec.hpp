#pragma once

#include "supervisor/backoff.hpp"
#include "supervisor/restart_window.hpp"
#include "supervisor/rule.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

// What a person wrote, checked and with every default filled in. `config/`
// makes these; nobody changes them afterwards. All comparable, so that a reload
// can tell what changed.

struct tls_options {
  bool verify = true;
  std::string ca_file;          ///< empty: the system's certificates
  std::string certificate_file; ///< client certificate; empty: none
  std::string key_file;

  bool operator==(const tls_options&) const = default;
};

struct http_check {
  std::string url; ///< http:// or https://
  std::string method = "GET";
  std::map<std::string, std::string> headers;
  std::string body;
  int max_redirects = 0; ///< 0: a redirect is the reply
  tls_options tls;

  bool operator==(const http_check&) const = default;
};

struct tcp_check {
  std::string host;
  int port = 0;

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

using check_target = std::variant<http_check, tcp_check, exec_check, heartbeat_check, docker_check>;

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

  bool operator==(const check_spec&) const = default;
};

/// A child process of Reeve.
struct process_spec {
  std::vector<std::string> command;       ///< command[0] is looked up in PATH
  std::string cwd;                        ///< empty: Reeve's own
  std::map<std::string, std::string> env; ///< added to Reeve's own
  int stop_signal = 15;
  std::string user; ///< name; empty: Reeve's own

  bool operator==(const process_spec&) const = default;
};

struct docker_target {
  std::string container;

  bool operator==(const docker_target&) const = default;
};

/// Commands, no shell. `restart` alone, or `start` and `stop`, or all three; an
/// empty command is absent.
struct exec_target {
  std::vector<std::string> start;
  std::vector<std::string> stop;
  std::vector<std::string> restart;

  bool operator==(const exec_target&) const = default;
};

/// How a service is stopped and started; `monostate`: it is only watched.
using restart_target = std::variant<std::monostate, process_spec, docker_target, exec_target>;

enum class restart_type {
  permanent, ///< always restarted
  transient, ///< unless it ended cleanly
  temporary, ///< never
};

struct restart_spec {
  restart_target target;
  restart_type type = restart_type::permanent;
  backoff_policy backoff;
  std::optional<std::chrono::milliseconds> reset_after; ///< none: max(60 s, 2 x the current delay)
  std::chrono::milliseconds stop_timeout{10'000};

  bool operator==(const restart_spec&) const = default;
};

struct service_spec {
  std::string name;
  std::string description;
  std::map<std::string, std::string> labels;
  std::vector<std::string> depends_on;
  std::vector<check_spec> checks;
  restart_spec restart;

  bool operator==(const service_spec&) const = default;
};

enum class strategy { one_for_one, one_for_all, rest_for_one };

enum class on_exhausted {
  give_up,  ///< the service whose restart was refused is given up
  escalate, ///< OTP: the group stops everything and fails as a child of its parent
};

/// A group of the service tree. Children in start order, each the name of a
/// service or a group.
struct group_spec {
  std::string name; ///< the root's is "root"
  reeve::strategy strategy = strategy::one_for_one;
  reeve::intensity intensity;
  reeve::on_exhausted on_exhausted = on_exhausted::give_up;
  std::chrono::milliseconds cooldown{600'000}; ///< 0: wait for a person
  restart_type type = restart_type::permanent; ///< the group as a child
  std::vector<std::variant<std::string, group_spec>> children;

  bool operator==(const group_spec&) const = default;
};

// The config's words.
std::string_view to_string(role r);
std::string_view to_string(restart_type t);
std::string_view to_string(strategy s);
std::string_view to_string(on_exhausted o);

/// Whether a child of this type is restarted when it ended; `clean`: of its own
/// accord with success. OTP's restart types.
bool wants_restart(restart_type type, bool clean);

} // namespace reeve
