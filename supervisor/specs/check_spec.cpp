#include "supervisor/specs/check_spec.hpp"

namespace reeve {

namespace {

struct kind_name {
  std::string_view operator()(const http_check&) const {
    return "http";
  }
  std::string_view operator()(const tcp_check&) const {
    return "tcp";
  }
  std::string_view operator()(const exec_check&) const {
    return "exec";
  }
  std::string_view operator()(const heartbeat_check&) const {
    return "heartbeat";
  }
  std::string_view operator()(const docker_check&) const {
    return "docker";
  }
  std::string_view operator()(const postgres_check&) const {
    return "postgres";
  }
  std::string_view operator()(const redis_check&) const {
    return "redis";
  }
  std::string_view operator()(const dns_check&) const {
    return "dns";
  }
  std::string_view operator()(const icmp_check&) const {
    return "icmp";
  }
  std::string_view operator()(const json_check&) const {
    return "json";
  }
  std::string_view operator()(const push_check&) const {
    return "push";
  }
};

} // namespace

std::string_view kind_of(const check_target& target) {
  return std::visit(kind_name{}, target);
}

bool tells_facts(const check_target& target) {
  return std::holds_alternative<heartbeat_check>(target)
         || std::holds_alternative<docker_check>(target)
         || std::holds_alternative<push_check>(target);
}

} // namespace reeve
