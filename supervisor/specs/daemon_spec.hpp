#pragma once

#include "supervisor/health.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reeve {

/// What an order (a POST) must bring: nothing if it comes from this machine, else the token; the
/// token in any case; or nothing helps it.
enum class order_access { local, token, none };

template <>
struct words<order_access> {
  static constexpr std::string_view all[] = {"local", "token", "none"};
};

/// Where Reeve listens: an address and a port, or a socket in the file system.
struct listen_address {
  std::string host = "127.0.0.1";
  int port = 8006;         ///< 0: any that is free
  std::string unix_socket; ///< its path, instead of both; empty: none

  bool operator==(const listen_address&) const = default;
};

/// `127.0.0.1:8006`, `[::1]:8006`, `unix:/run/reeve.sock`.
std::string to_string(const listen_address& a);

struct server_spec {
  std::vector<listen_address> listen{listen_address{}}; ///< not empty
  health fail_on = health::unhealthy; ///< the health from which /health answers 503
  std::string token_file;             ///< its first line is the bearer token of orders; empty: none
  order_access orders = order_access::local;

  bool operator==(const server_spec&) const = default;
};

struct docker_spec {
  std::string socket = "/var/run/docker.sock";

  bool operator==(const docker_spec&) const = default;
};

/// Pressure stall information of the host (the kernel's PSI, `some avg10`, percent) from
/// which on nothing is restarted, for a restart cures no overload. 0: not looked at.
struct pressure_limits {
  double cpu = 0;
  double memory = 0;
  double io = 0;

  bool operator==(const pressure_limits&) const = default;
};

/// How many restarts this host may see at once and in a minute.
struct budget_spec {
  int concurrent = 0; ///< plans carried out at the same time; 0: any number
  int per_minute = 0; ///< restarts begun within any 60 s; 0: any number

  bool operator==(const budget_spec&) const = default;
};

/// A whole config file, checked and with every default filled in. Each service
/// stands exactly once in the tree.
struct daemon_spec {
  server_spec server;
  docker_spec docker;
  std::string metrics_prefix = "reeve";
  std::vector<service_spec> services; ///< in file order
  group_spec tree;
  std::optional<budget_spec> budget;   ///< none: no limit
  std::optional<pressure_limits> hold; ///< none: the host's pressure holds nothing back

  bool operator==(const daemon_spec&) const = default;
};

} // namespace reeve
