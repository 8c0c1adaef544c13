#include "supervisor/service_spec.hpp"

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

std::string_view to_string(dns_record r) {
  static constexpr std::string_view words[] = {"A",  "AAAA", "CNAME", "MX",
                                               "NS", "PTR",  "SRV",   "TXT"};
  return words[static_cast<std::size_t>(r)];
}

std::string_view to_string(role r) {
  return r == role::liveness ? "liveness" : "readiness";
}

std::string_view to_string(restart_type t) {
  switch (t) {
  case restart_type::permanent:
    return "permanent";
  case restart_type::transient:
    return "transient";
  case restart_type::temporary:
    return "temporary";
  }
  return "";
}

std::string_view to_string(strategy s) {
  switch (s) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  }
  return "";
}

std::string_view to_string(on_exhausted o) {
  return o == on_exhausted::give_up ? "give_up" : "escalate";
}

bool wants_restart(restart_type type, bool clean) {
  switch (type) {
  case restart_type::permanent:
    return true;
  case restart_type::transient:
    return !clean;
  case restart_type::temporary:
    return false;
  }
  return false;
}

} // namespace reeve
