#include "tests/http/fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace reeve::http {

namespace {

server_spec at(const std::string& host, int port) {
  server_spec spec;
  spec.host = host;
  spec.port = port;
  return spec;
}

std::string problem_with(io::loop& l, const std::string& host, int port) {
  world nobody;
  server s{l, at(host, port), nobody.all()};
  const auto listening = s.listen();
  return listening ? "" : listening.sentence();
}

/// An address of this machine that is not loopback; empty if there is none.
std::string outer_address() {
  ifaddrs* all = nullptr;
  ::getifaddrs(&all);
  std::string found;
  for (auto* a = all; a != nullptr; a = a->ifa_next) {
    if (a->ifa_addr == nullptr || a->ifa_addr->sa_family != AF_INET
        || (a->ifa_flags & IFF_LOOPBACK) != 0 || (a->ifa_flags & IFF_UP) == 0)
      continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(a->ifa_addr);
    ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    found = text.data();
  }
  ::freeifaddrs(all);
  return found;
}

} // namespace

using listen_test = server_test;

TEST_F(listen_test, a_busy_port_is_said_in_one_sentence) {
  serve();
  const auto port = std::to_string(port_);
  EXPECT_EQ(running_.call([&] { return problem_with(running_.loop, "127.0.0.1", port_); }),
            "cannot listen on 127.0.0.1:" + port
              + ": address already in use; another reeve? set server.listen");
}

TEST_F(listen_test, an_address_that_is_not_ours_is_said_in_one_sentence) {
  io::loop quiet;
  EXPECT_EQ(problem_with(quiet, "192.0.2.1", 8006),
            "cannot listen on 192.0.2.1:8006: this machine has no such address; set server.listen");
  const auto unknown = problem_with(quiet, "no-such-host.invalid", 8006);
  EXPECT_EQ(unknown.rfind("cannot listen on no-such-host.invalid:8006: ", 0), 0U) << unknown;
}

TEST_F(listen_test, listens_on_ipv6) {
  if (::access("/proc/net/if_inet6", F_OK) != 0)
    GTEST_SKIP() << "this machine has no IPv6";
  serve(at("::1", 0));
  EXPECT_EQ(client(port_, "::1").get("/livez").status, 200);
  EXPECT_EQ(client(port_, "::1").post("/api/v1/services/a/stop", "Host: [::1]\r\n").status, 202);
  EXPECT_EQ(running_.call([&] { return problem_with(running_.loop, "[::1]", port_); }),
            "cannot listen on [::1]:" + std::to_string(port_)
              + ": address already in use; another reeve? set server.listen");
}

TEST_F(listen_test, every_address_means_both_kinds) {
  if (::access("/proc/net/if_inet6", F_OK) != 0)
    GTEST_SKIP() << "this machine has no IPv6";
  serve(at("::", 0));
  EXPECT_EQ(client(port_, "::1").get("/livez").status, 200);
  EXPECT_EQ(client(port_, "127.0.0.1").post("/api/v1/services/a/stop").status, 202)
    << "127.0.0.1 is loopback in IPv6's clothes too";
}

TEST_F(listen_test, a_name_stands_for_all_its_addresses) {
  serve(at("localhost", 0));
  EXPECT_EQ(client(port_, "127.0.0.1").get("/livez").status, 200);
}

TEST_F(listen_test, orders_from_beyond_loopback_are_refused) {
  const auto address = outer_address();
  if (address.empty())
    GTEST_SKIP() << "this machine has no address but loopback";
  serve(at("0.0.0.0", 0));
  EXPECT_EQ(client(port_, address).post("/api/v1/services/a/stop").status, 403);
  EXPECT_EQ(client(port_, address).get("/health").status, 200);
}

// Without a descriptor left a new client is let in at the cost of an idle one; with
// nobody to let go it waits, and the loop does not spin.
TEST_F(listen_test, lives_through_being_out_of_file_descriptors) {
  serve();
  client idle{port_};
  EXPECT_EQ(idle.get("/livez").status, 200);

  client next{port_};
  EXPECT_EQ(next.get("/livez").status, 200);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<int> taken;
  rlimit tight = before;
  tight.rlim_cur = 200;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
    taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  {
    client newest{port_}; // takes the last descriptor
    EXPECT_EQ(newest.get("/livez").status, 200);
    EXPECT_TRUE(idle.hung_up());
  }
  for (int fd : taken)
    ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client{port_}.get("/livez").status, 200);
}

TEST_F(listen_test, takes_clients_again_when_descriptors_come_back) {
  serve();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = 200;
  ::setrlimit(RLIMIT_NOFILE, &tight);
  std::vector<int> taken;
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
    taken.push_back(fd);
  ::close(taken.back());
  taken.pop_back();
  client waits{port_}; // takes the last descriptor, so the server has none
  waits.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  // No more than this: UBSan's look at a vptr needs a descriptor of its own.
  std::atomic<bool> turned{false};
  running_.loop.post([&] { turned = true; });
  while (!turned)
    std::this_thread::yield();
  for (int fd : taken)
    ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(waits.read().status, 200);
}

} // namespace reeve::http
