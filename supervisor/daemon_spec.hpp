#pragma once

#include "supervisor/service_spec.hpp"

#include <string>
#include <vector>

namespace reeve {

struct server_spec {
  std::string host = "127.0.0.1";
  int port = 8006;
  health fail_on = health::unhealthy; ///< the health from which /health answers 503
  std::string token_file;             ///< bearer token for POST from beyond loopback; empty: none

  bool operator==(const server_spec&) const = default;
};

struct docker_spec {
  std::string socket = "/var/run/docker.sock";

  bool operator==(const docker_spec&) const = default;
};

/// A whole config file, checked and with every default filled in. Each service
/// stands exactly once in the tree.
struct daemon_spec {
  server_spec server;
  docker_spec docker;
  std::string metrics_prefix = "reeve";
  std::vector<service_spec> services; ///< in file order
  group_spec tree;

  bool operator==(const daemon_spec&) const = default;
};

} // namespace reeve
