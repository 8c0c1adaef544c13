#include "io/check.hpp"

#include "io/dns_check.hpp"
#include "io/docker_check.hpp"
#include "io/exec_check.hpp"
#include "io/heartbeat_check.hpp"
#include "io/http_check.hpp"
#include "io/icmp_check.hpp"
#include "io/loop.hpp"
#include "io/postgres_check.hpp"
#include "io/redis_check.hpp"
#include "io/resolver.hpp"
#include "io/tcp_check.hpp"

#include <signal.h>

#include <type_traits>

namespace reeve::io {

struct check_engine::state {
  loop& home;
  docker_engine* docker;
  resolver names;
  http_share http;

  state(loop& l, docker_engine* d) : home{l}, docker{d}, names{l}, http{l, names} {
  }
};

check_engine::check_engine(loop& l, docker_engine* docker)
    : state_{std::make_unique<state>(l, docker)} {
  signal(SIGPIPE, SIG_IGN); // TLS writes to connections that may be closed
}

check_engine::~check_engine() = default;

std::unique_ptr<check> check_engine::make(const check_spec& spec) {
  return std::visit(
    [&](const auto& target) -> std::unique_ptr<check> {
      using kind = std::decay_t<decltype(target)>;
      if constexpr (std::is_same_v<kind, http_check>)
        return make_http_check(state_->http, spec);
      else if constexpr (std::is_same_v<kind, tcp_check>)
        return make_tcp_check(state_->home, state_->names, spec);
      else if constexpr (std::is_same_v<kind, exec_check>)
        return make_exec_check(state_->home, spec);
      else if constexpr (std::is_same_v<kind, heartbeat_check>)
        return make_heartbeat_check(state_->home, spec);
      else if constexpr (std::is_same_v<kind, docker_check>)
        return make_docker_check(state_->home, state_->docker, target, spec.timeout);
      else if constexpr (std::is_same_v<kind, dns_check>)
        return make_dns_check(state_->home, state_->names, spec);
      else if constexpr (std::is_same_v<kind, icmp_check>)
        return make_icmp_check(state_->home, state_->names, spec);
      else if constexpr (std::is_same_v<kind, postgres_check>)
        return make_postgres_check(state_->home, state_->names, spec);
      else if constexpr (std::is_same_v<kind, redis_check>)
        return make_redis_check(state_->home, state_->names, spec);
      else
        return nullptr; // config/ lets none of these through
    },
    spec.target);
}

check_verdict judge(const expectation& expected, const check_outcome& outcome) {
  switch (outcome.what) {
  case check_outcome::kind::answered:
    return evaluate(expected, outcome.answer);
  case check_outcome::kind::failed:
    return {check_result::failed, outcome.reason};
  case check_outcome::kind::not_run:
    return {check_result::unknown, outcome.reason};
  case check_outcome::kind::cancelled:
    return {check_result::unknown, "the check was broken off"};
  }
  return {check_result::unknown, outcome.reason};
}

} // namespace reeve::io
