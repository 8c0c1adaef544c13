// Hosts with several addresses, some of which do not answer.
#include "io/checks/http_check.hpp"
#include "io/checks/postgres_check.hpp"
#include "io/checks/redis_check.hpp"
#include "io/checks/tcp_check.hpp"
#include "io/names/resolver.hpp"
#include "io/net/dial.hpp"
#include "tests/io/support/dns_server.hpp"
#include "tests/io/support/run_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

/// Nobody here has a way there: the kernel says so at once.
constexpr const char* no_way = "255.255.255.255";
/// Of this machine, where nobody listens.
constexpr const char* refuses = "127.0.0.9";

/// Accepts on 127.0.0.1, and says what Redis would to a PING.
struct ponging_server {
  std::chrono::milliseconds pause{0};
  std::atomic<int> connections = 0;
  listener server{[this](int fd) {
    ++connections;
    char some[256];
    while (recv(fd, some, sizeof some, 0) > 0) {
      std::this_thread::sleep_for(pause);
      send_all(fd, "+PONG\r\n");
    }
    return true;
  }};
};

struct a_host_with_several_addresses : testing::Test {
  temp_folder folder;
  dns_server names;
  loop l;
  std::optional<resolver> asks;
  std::optional<http_share> share;
  tls_trust trust;
  std::chrono::milliseconds timeout = 10s;

  void is_at(const std::vector<std::string>& addresses) {
    std::string hosts;
    for (const auto& a : addresses)
      hosts += a + " many.example\n";
    share.reset();
    asks.reset();
    asks.emplace(l, asking(folder, names, "", hosts), 1h);
    share.emplace(l, *asks);
  }

  check_spec http(int port, bool kept = false) const {
    http_check target;
    target.url = "http://many.example:" + std::to_string(port) + "/";
    target.connection = kept ? connection_use::kept : connection_use::fresh;
    return with(target);
  }
  check_spec with(check_target target) const {
    check_spec spec;
    spec.target = std::move(target);
    spec.timeout = timeout;
    return spec;
  }

  using maker = std::function<std::unique_ptr<check>(int port)>;
  /// All kinds that connect.
  std::vector<std::pair<const char*, maker>> kinds() {
    return {
      {"http", [&](int port) { return make_http_check(*share, http(port)); }},
      {"kept http", [&](int port) { return make_http_check(*share, http(port, true)); }},
      {"tcp",
       [&](int port) {
         return make_tcp_check(l, *asks, trust, with(tcp_check{"many.example", port}));
       }},
      {"redis",
       [&](int port) {
         return make_redis_check(l, *asks, with(redis_check{.host = "many.example", .port = port}));
       }},
      {"postgres",
       [&](int port) {
         return make_postgres_check(
           l, *asks,
           with(postgres_check{"postgres://many.example:" + std::to_string(port) + "/a"}));
       }},
    };
  }
};

} // namespace

TEST_F(a_host_with_several_addresses, is_refused_in_any_order_though_we_cannot_try_them_all) {
  const int port = free_port();
  std::vector<std::string> addresses{no_way, refuses, "127.0.0.1"};
  std::sort(addresses.begin(), addresses.end());
  do {
    is_at(addresses);
    for (const auto& [kind_of_check, make] : kinds()) {
      const auto c = make(port);
      const auto o = run_check(l, *c);
      const auto where = std::string{kind_of_check} + " of " + addresses[0] + ", " + addresses[1];
      EXPECT_EQ(o.what, kind::failed) << where;
      EXPECT_EQ(o.reason, "connection refused") << where;
    }
  } while (std::next_permutation(addresses.begin(), addresses.end()));
}

TEST_F(a_host_with_several_addresses, is_unknown_if_we_have_a_way_to_none) {
  is_at({no_way, "224.0.0.1"});
  for (const auto& [kind_of_check, make] : kinds()) {
    const auto c = make(80);
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, kind::not_run) << kind_of_check << ": " << o.reason;
  }
}

TEST_F(a_host_with_several_addresses, is_silent_if_any_of_them_is) {
  full_port full;
  timeout = 600ms;
  for (const auto& addresses : {std::vector<std::string>{no_way, "127.0.0.1"},
                                std::vector<std::string>{"127.0.0.1", no_way}}) {
    is_at(addresses);
    for (const auto& [kind_of_check, make] : kinds()) {
      const auto c = make(full.port());
      const auto o = run_check(l, *c);
      EXPECT_EQ(o.what, kind::failed) << kind_of_check;
      EXPECT_EQ(o.reason, "could not connect within 600 ms") << kind_of_check;
    }
  }
}

TEST_F(a_host_with_several_addresses, is_reached_by_the_one_that_is_there) {
  ponging_server there;
  for (const auto& addresses : {std::vector<std::string>{no_way, refuses, "127.0.0.1"},
                                std::vector<std::string>{"127.0.0.1", no_way},
                                std::vector<std::string>{refuses, "127.0.0.1", no_way}}) {
    is_at(addresses);
    const auto tcp =
      make_tcp_check(l, *asks, trust, with(tcp_check{"many.example", there.server.port()}));
    EXPECT_EQ(run_check(l, *tcp).what, kind::answered);
    const auto redis = make_redis_check(
      l, *asks, with(redis_check{.host = "many.example", .port = there.server.port()}));
    EXPECT_EQ(run_check(l, *redis).what, kind::answered);
    listener web{answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
    for (const bool kept : {false, true}) {
      const auto c = make_http_check(*share, http(web.port(), kept));
      const auto o = run_check(l, *c);
      EXPECT_EQ(o.what, kind::answered) << o.reason;
    }
  }
}

TEST_F(a_host_with_several_addresses, is_not_left_for_the_next_once_it_is_connected) {
  ponging_server slow;
  slow.pause = 500ms; // more than half of the time, and more than 250 ms
  timeout = 900ms;
  is_at({"127.0.0.1", refuses});
  const auto redis = make_redis_check(
    l, *asks, with(redis_check{.host = "many.example", .port = slow.server.port()}));
  auto o = run_check(l, *redis);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(slow.connections, 1);
  auto spec = with(tcp_check{"many.example", slow.server.port(), "", "PING\r\n"});
  spec.expect.contains = "PONG";
  const auto tcp = make_tcp_check(l, *asks, trust, spec);
  o = run_check(l, *tcp);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_TRUE(o.answer.contains);
  EXPECT_EQ(slow.connections, 2);
}

TEST_F(a_host_with_several_addresses, does_not_wait_for_a_silent_one) {
  full_port full; // on 127.0.0.1 alone
  const int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(full.port());
  inet_pton(AF_INET, "127.0.0.8", &address.sin_addr);
  ASSERT_EQ(bind(door, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  listen(door, 8);
  is_at({"127.0.0.1", "127.0.0.8"});
  const auto c = make_tcp_check(l, *asks, trust, with(tcp_check{"many.example", full.port()}));
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_LT(o.answer.latency, 5s) << "half of the timeout";
  close(door);
}

TEST_F(a_host_with_several_addresses, is_asked_for_anew_after_a_failed_connection) {
  ponging_server there;
  names.add("moved.example", dns_server::a, dns_server::ip(refuses));
  is_at({});
  const auto tcp =
    make_tcp_check(l, *asks, trust, with(tcp_check{"moved.example", there.server.port()}));
  const auto redis = make_redis_check(
    l, *asks, with(redis_check{.host = "moved.example", .port = there.server.port()}));
  for (auto* c : {tcp.get(), redis.get()}) {
    names.remove("moved.example");
    names.add("moved.example", dns_server::a, dns_server::ip(refuses));
    EXPECT_EQ(run_check(l, *c).reason, "connection refused");
    names.remove("moved.example");
    names.add("moved.example", dns_server::a, dns_server::ip("127.0.0.1"));
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    asks->forget("moved.example");
  }
}

TEST_F(a_host_with_several_addresses, is_asked_for_anew_after_silence) {
  full_port full;
  timeout = 300ms;
  names.add("moved.example", dns_server::a, dns_server::ip("127.0.0.1"));
  is_at({});
  const auto port = full.port();
  const auto tcp = make_tcp_check(l, *asks, trust, with(tcp_check{"moved.example", port}));
  const auto redis =
    make_redis_check(l, *asks, with(redis_check{.host = "moved.example", .port = port}));
  for (auto* c : {tcp.get(), redis.get()}) {
    EXPECT_EQ(run_check(l, *c).reason, "could not connect within 300 ms");
    const int asked = names.asked("moved.example");
    EXPECT_EQ(run_check(l, *c).reason, "could not connect within 300 ms");
    EXPECT_GT(names.asked("moved.example"), asked);
  }
}
