#include "config/hints.hpp"

#include <algorithm>
#include <array>

namespace reeve::config {
namespace {

enum class place { root, server, service, check, expect, restart, process, group, elsewhere };

struct known_key {
  place where;
  std::string_view key;
  std::string_view hint;
};

constexpr std::string_view in_check = "it stands under 'check'";
constexpr std::string_view in_expect = "it stands under 'expect'";
constexpr std::string_view in_process = "it stands under 'process'";
constexpr std::string_view in_restart = "it stands under 'restart'";
constexpr std::string_view in_tree = "it stands under 'tree'";
constexpr std::string_view in_url = "it is part of the URL";
constexpr std::string_view as_check = "write check: URL, or check: {exec: [program, argument]}";
constexpr std::string_view as_cwd = "write process: {cwd: /srv}";
constexpr std::string_view as_env = "write process: {env: {NAME: value}}";
constexpr std::string_view as_group =
  "groups stand in tree.children, as {group: NAME, children: [a, b]}";
constexpr std::string_view as_depends_on = "write depends_on: [NAME]";
constexpr std::string_view as_type = "write type: permanent, transient or temporary";
constexpr std::string_view as_restart_type =
  "write restart: {type: permanent}, or transient, or temporary";
constexpr std::string_view as_unhealthy_after = "write unhealthy_after: 3";
constexpr std::string_view as_intensity = "write intensity: {restarts: 15, within: 30m}";
constexpr std::string_view as_stop_timeout = "write stop_timeout: 10s";
constexpr std::string_view as_listen = "write listen: 127.0.0.1:8006";
constexpr std::string_view in_tls = "it stands under 'tls'";
constexpr std::string_view no_containers =
  "Reeve creates no containers; to restart one write restart: docker://NAME";

constexpr std::array known_keys{
  known_key{place::root, "groups", as_group},
  known_key{place::root, "group", as_group},
  known_key{place::root, "children", in_tree},
  known_key{place::root, "strategy", in_tree},
  known_key{place::root, "intensity", in_tree},
  known_key{place::root, "listen", "it stands under 'server'"},
  known_key{place::root, "check", "it stands in a service, or under 'defaults'"},
  known_key{place::root, "restart", "it stands in a service, or under 'defaults'"},
  known_key{place::root, "process", "it stands in a service"},
  known_key{place::root, "version", "this file has none; remove it"},
  known_key{place::root, "networks", no_containers},
  known_key{place::root, "volumes", no_containers},
  known_key{place::root, "log", "see --log-level and --log-format of reeve run"},
  known_key{place::root, "logging", "see --log-level and --log-format of reeve run"},

  known_key{place::server, "token", "write token_file: FILE; its first line is the token"},
  known_key{place::server, "port", as_listen},
  known_key{place::server, "host", as_listen},
  known_key{place::server, "address", as_listen},
  known_key{place::server, "bind", as_listen},
  known_key{place::server, "socket", "write listen: unix:/run/reeve.sock"},
  known_key{place::server, "fail_on", "it stands under 'health'"},

  known_key{place::service, "group", as_group},
  known_key{place::service, "groups", as_group},
  known_key{place::service, "health", as_check},
  known_key{place::service, "healthcheck", as_check},
  known_key{place::service, "health_check", as_check},
  known_key{place::service, "livenessProbe", as_check},
  known_key{place::service, "readinessProbe", "write checks: [{http: URL, role: readiness}]"},
  known_key{place::service, "probe", as_check},
  known_key{place::service, "url", as_check},
  known_key{place::service, "image", no_containers},
  known_key{place::service, "build", no_containers},
  known_key{place::service, "ports", no_containers},
  known_key{place::service, "volumes", no_containers},
  known_key{place::service, "networks", no_containers},
  known_key{place::service, "container", no_containers},
  known_key{place::service, "container_name", no_containers},
  known_key{place::service, "command", in_process},
  known_key{place::service, "cmd", "write process: {command: [program, argument]}"},
  known_key{place::service, "exec_start", "write process: {command: [program, argument]}"},
  known_key{place::service, "cwd", in_process},
  known_key{place::service, "env", in_process},
  known_key{place::service, "user", in_process},
  known_key{place::service, "stop_signal", in_process},
  known_key{place::service, "start_timeout", in_process},
  known_key{place::service, "environment", as_env},
  known_key{place::service, "working_dir", as_cwd},
  known_key{place::service, "workdir", as_cwd},
  known_key{place::service, "directory", as_cwd},
  known_key{place::service, "http", in_check},
  known_key{place::service, "tcp", in_check},
  known_key{place::service, "exec", "it stands under 'check' or 'restart'"},
  known_key{place::service, "heartbeat", in_check},
  known_key{place::service, "push", in_check},
  known_key{place::service, "postgres", in_check},
  known_key{place::service, "redis", in_check},
  known_key{place::service, "dns", in_check},
  known_key{place::service, "icmp", in_check},
  known_key{place::service, "json", in_check},
  known_key{place::service, "interval", in_check},
  known_key{place::service, "timeout", in_check},
  known_key{place::service, "retry", in_check},
  known_key{place::service, "role", in_check},
  known_key{place::service, "expect", in_check},
  known_key{place::service, "start_period", in_check},
  known_key{place::service, "healthy_after", in_check},
  known_key{place::service, "unhealthy_after", in_check},
  known_key{place::service, "retries", "write check: {unhealthy_after: 3}"},
  known_key{place::service, "docker", "it stands under 'check' or 'restart'"},
  known_key{place::service, "type", in_restart},
  known_key{place::service, "backoff", in_restart},
  known_key{place::service, "reset_after", in_restart},
  known_key{place::service, "clean_exit", in_restart},
  known_key{place::service, "stop_timeout", in_restart},
  known_key{place::service, "stop_grace_period", "write restart: {stop_timeout: 10s}"},
  known_key{place::service, "stopwaitsecs", "write restart: {stop_timeout: 10s}"},
  known_key{place::service, "autorestart", as_restart_type},
  known_key{place::service, "autostart", "every process starts with Reeve; remove it"},
  known_key{place::service, "restart_policy", as_restart_type},
  known_key{place::service, "startretries", as_intensity},
  known_key{place::service, "intensity", "it stands under 'restart', or 'tree'"},
  known_key{place::service, "depends", as_depends_on},
  known_key{place::service, "dependencies", as_depends_on},
  known_key{place::service, "requires", as_depends_on},
  known_key{place::service, "needs", as_depends_on},
  known_key{place::service, "after", as_depends_on},
  known_key{place::service, "links", as_depends_on},
  known_key{place::service, "name", "the key above is the name; remove it"},
  known_key{place::service, "deploy", as_restart_type},

  known_key{place::check, "retries", as_unhealthy_after},
  known_key{place::check, "max_failures", as_unhealthy_after},
  known_key{place::check, "failure_threshold", as_unhealthy_after},
  known_key{place::check, "failureThreshold", as_unhealthy_after},
  known_key{place::check, "successThreshold", "write healthy_after: 1"},
  known_key{place::check, "period", "write interval: 30s"},
  known_key{place::check, "every", "write interval: 30s"},
  known_key{place::check, "periodSeconds", "write interval: 30s"},
  known_key{place::check, "initialDelaySeconds", "write start_period: 30s"},
  known_key{place::check, "delay", "write start_period: 30s"},
  known_key{place::check, "timeoutSeconds", "write timeout: 5s"},
  known_key{place::check, "retry_interval", "write retry: 5s"},
  known_key{place::check, "server_name", in_tls},
  known_key{place::check, "sni", "write tls: {server_name: app.example}"},
  known_key{place::check, "follow_redirects", "write redirects: 5"},
  known_key{place::check, "grace", "it stands under 'push'"},
  known_key{place::check, "run", "it stands under 'push'"},
  known_key{place::check, "test", "write exec: [program, argument]"},
  known_key{place::check, "cmd", "write exec: [program, argument]"},
  known_key{place::check, "command", "write exec: [program, argument]"},
  known_key{place::check, "url", "write http: URL"},
  known_key{place::check, "type", "write one of http, tcp, exec, docker and so on, as key"},
  known_key{place::check, "port", in_url},
  known_key{place::check, "host", in_url},
  known_key{place::check, "path", in_url},
  known_key{place::check, "status", in_expect},
  known_key{place::check, "latency", in_expect},
  known_key{place::check, "certificate", in_expect},
  known_key{place::check, "answers", in_expect},
  known_key{place::check, "value", in_expect},
  known_key{place::check, "rows", in_expect},
  known_key{place::check, "contains", "write expect: {body: {contains: text}}"},
  known_key{place::check, "matches", "write expect: {body: {matches: \"^ok\"}}"},

  known_key{place::expect, "contains", "it stands under 'body'"},
  known_key{place::expect, "matches", "it stands under 'body'"},
  known_key{place::expect, "code", "write status: 200"},
  known_key{place::expect, "status_code", "write status: 200"},
  known_key{place::expect, "interval", "it stands beside 'expect'"},
  known_key{place::expect, "timeout", "it stands beside 'expect'"},

  known_key{place::restart, "policy", as_type},
  known_key{place::restart, "mode", as_type},
  known_key{place::restart, "condition", as_type},
  known_key{place::restart, "when", as_type},
  known_key{place::restart, "command", "write exec: [program, argument]"},
  known_key{place::restart, "cmd", "write exec: [program, argument]"},
  known_key{place::restart, "container", "write docker: NAME"},
  known_key{place::restart, "timeout", as_stop_timeout},
  known_key{place::restart, "grace", as_stop_timeout},
  known_key{place::restart, "grace_period", as_stop_timeout},
  known_key{place::restart, "delay", "write backoff: {initial: 1s}"},
  known_key{place::restart, "interval", "write backoff: {initial: 1s}"},
  known_key{place::restart, "retries", as_intensity},
  known_key{place::restart, "max_attempts", as_intensity},
  known_key{place::restart, "max_restarts", as_intensity},
  known_key{place::restart, "max_retries", as_intensity},
  known_key{place::restart, "window", as_intensity},
  known_key{place::restart, "start_timeout", "it stands under 'process'"},
  known_key{place::restart, "strategy", in_tree},
  known_key{place::restart, "cooldown", in_tree},
  known_key{place::restart, "on_exhausted", in_tree},

  known_key{place::process, "cmd", "write command: [program, argument]"},
  known_key{place::process, "exec", "write command: [program, argument]"},
  known_key{place::process, "program", "write command: [program, argument]"},
  known_key{place::process, "args", "arguments are part of 'command', which is a list"},
  known_key{place::process, "arguments", "arguments are part of 'command', which is a list"},
  known_key{place::process, "environment", "write env: {NAME: value}"},
  known_key{place::process, "directory", "write cwd: /srv"},
  known_key{place::process, "working_dir", "write cwd: /srv"},
  known_key{place::process, "workdir", "write cwd: /srv"},
  known_key{place::process, "dir", "write cwd: /srv"},
  known_key{place::process, "restart", "it stands beside 'process'"},
  known_key{place::process, "check", "it stands beside 'process'"},
  known_key{place::process, "autorestart", "write restart: {type: permanent} beside 'process'"},
  known_key{place::process, "stop_timeout", "it stands under 'restart', beside 'process'"},
  known_key{place::process, "kill_timeout", "write restart: {stop_timeout: 10s} beside 'process'"},
  known_key{place::process, "stopsignal", "write stop_signal: TERM"},

  known_key{place::group, "groups", "write children: [{group: NAME, children: [a, b]}]"},
  known_key{place::group, "services", "write children: [a, b]"},
  known_key{place::group, "members", "write children: [a, b]"},
  known_key{place::group, "name", "write group: NAME"},
  known_key{place::group, "max_restarts", as_intensity},
  known_key{place::group, "depends_on", "it stands in a service"},
};

struct example {
  std::string_view key;
  std::string_view map;
};

constexpr std::array examples{
  example{"server", "{listen: 127.0.0.1:8006}"},
  example{"health", "{fail_on: degraded}"},
  example{"docker", "{socket: /var/run/docker.sock}"},
  example{"metrics", "{prefix: reeve}"},
  example{"defaults", "{check: {interval: 30s}, restart: {stop_timeout: 10s}}"},
  example{"process", "{command: [python3, -m, http.server]}"},
  example{"env", "{LANG: C}"},
  example{"labels", "{team: core}"},
  example{"headers", "{Accept: application/json}"},
  example{"expect", "{status: 200, body: {contains: ok}}"},
  example{"latency", "{degraded: 2s, unhealthy: 4s}"},
  example{"body", "{contains: ok}"},
  example{"json", "{status: healthy}"},
  example{"certificate", "{degraded: 14d, unhealthy: 3d}"},
  example{"intensity", "{restarts: 15, within: 30m}"},
  example{"tree", "{strategy: one_for_one, children: [a, b]}"},
  example{"budget", "{concurrent: 3, per_minute: 20}"},
  example{"hold", "{cpu: 80, memory: 40, io: 60}"},
};

/// The key at the end of `path`, without an index.
std::string_view last_key(std::string_view path) {
  const auto dot = path.rfind('.');
  const auto last = dot == path.npos ? path : path.substr(dot + 1);
  return last.substr(0, last.find('['));
}

place place_at(std::string_view path) {
  const auto last = last_key(path);
  if (path.empty())
    return place::root;
  if (path == "server")
    return place::server;
  if (last == "check" || last == "checks")
    return place::check;
  if (last == "expect")
    return place::expect;
  if (last == "restart")
    return place::restart;
  if (last == "process")
    return place::process;
  if (last == "tree" || last == "children")
    return place::group;
  const bool service = path.starts_with("services.") && path.find('.', 9) == path.npos;
  return service ? place::service : place::elsewhere;
}

} // namespace

std::string hint_for_key(std::string_view path, std::string_view key) {
  if (key.find("\xC2\xA0") != key.npos)
    return "; there is a no-break space in it, where an ordinary blank belongs";
  if (const auto colon = key.find(':'); colon != key.npos && colon + 1 < key.size())
    return "; write a blank after the ':'";
  const auto where = place_at(path);
  const auto* known = std::find_if(known_keys.begin(), known_keys.end(), [&](const known_key& k) {
    return k.where == where && k.key == key;
  });
  return known == known_keys.end() ? std::string{} : "; " + std::string{known->hint};
}

std::string shape_of_map(std::string_view path) {
  return place_at(path) == place::group && path.ends_with(']')
           ? "; a group is written {group: NAME, children: [a, b]}"
           : "";
}

std::string_view example_of_map(std::string_view path) {
  if (place_at(path) == place::service)
    return "{check: http://localhost:8080/health}";
  const auto key = last_key(path);
  if (path.ends_with("expect.headers"))
    return "{content-type: text/html}";
  const auto* known =
    std::find_if(examples.begin(), examples.end(), [&](const example& e) { return e.key == key; });
  return known == examples.end() ? std::string_view{} : known->map;
}

} // namespace reeve::config
