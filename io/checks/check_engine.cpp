#include "io/checks/check_engine.hpp"

#include "io/checks/check_turns.hpp"
#include "io/checks/dns_check.hpp"
#include "io/checks/docker_check.hpp"
#include "io/checks/exec_check.hpp"
#include "io/checks/file_guard.hpp"
#include "io/checks/heartbeat_check.hpp"
#include "io/checks/http_check.hpp"
#include "io/checks/icmp_check.hpp"
#include "io/checks/json_check.hpp"
#include "io/checks/postgres_check.hpp"
#include "io/checks/push_check.hpp"
#include "io/checks/redis_check.hpp"
#include "io/checks/tcp_check.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"

#include <signal.h>

#include <type_traits>
#include <utility>

namespace reeve::io {

namespace {

/// Those that open neither a connection nor a process of their own.
bool takes_little(const check_target& target) {
  return std::holds_alternative<heartbeat_check>(target)
         || std::holds_alternative<json_check>(target) || std::holds_alternative<push_check>(target)
         || std::holds_alternative<docker_check>(target);
}

} // namespace

struct check_engine::state {
  loop& home;
  docker_engine* docker;
  resolver names;
  http_share http;
  check_turns turns;

  state(loop& l, docker_engine* d)
      : home{l}, docker{d}, names{l}, http{l, names}, turns{l, most_checks_at_once()} {
  }

  std::unique_ptr<check> make(const check_spec& spec);
};

check_engine::check_engine(loop& l, docker_engine* docker)
    : state_{std::make_unique<state>(l, docker)} {
  signal(SIGPIPE, SIG_IGN); // TLS writes to connections that may be closed
}

check_engine::~check_engine() = default;

std::unique_ptr<check> check_engine::make(const check_spec& spec) {
  using place = check_turns::place;
  auto made =
    make_file_guard(state_->home, state_->make(spec), files_of(spec.target), spec.timeout);
  return state_->turns.wrap(std::move(made), spec.timeout,
                            takes_little(spec.target) ? place::not_needed : place::needed);
}

std::unique_ptr<check> check_engine::state::make(const check_spec& spec) {
  return std::visit(
    [&](const auto& target) -> std::unique_ptr<check> {
      using kind = std::decay_t<decltype(target)>;
      if constexpr (std::is_same_v<kind, http_check>)
        return make_http_check(http, spec);
      else if constexpr (std::is_same_v<kind, tcp_check>)
        return make_tcp_check(home, names, http.trust, spec);
      else if constexpr (std::is_same_v<kind, exec_check>)
        return make_exec_check(home, spec);
      else if constexpr (std::is_same_v<kind, heartbeat_check>)
        return make_heartbeat_check(home, spec);
      else if constexpr (std::is_same_v<kind, docker_check>)
        return make_docker_check(home, docker, target, spec.timeout);
      else if constexpr (std::is_same_v<kind, dns_check>)
        return make_dns_check(home, names, spec);
      else if constexpr (std::is_same_v<kind, icmp_check>)
        return make_icmp_check(home, names, spec);
      else if constexpr (std::is_same_v<kind, postgres_check>)
        return make_postgres_check(home, names, spec);
      else if constexpr (std::is_same_v<kind, redis_check>)
        return make_redis_check(home, names, spec);
      else if constexpr (std::is_same_v<kind, json_check>)
        return make_json_check(home, spec);
      else {
        static_assert(std::is_same_v<kind, push_check>);
        return make_push_check(home);
      }
    },
    spec.target);
}

} // namespace reeve::io
