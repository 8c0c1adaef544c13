#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/process_facts.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

check_spec tcp(const std::string& host, int port) {
  check_spec spec;
  spec.target = tcp_check{host, port};
  spec.timeout = 20s;
  return spec;
}

using a_tcp_check = check_fixture;

} // namespace

TEST_F(a_tcp_check, connects_and_closes_with_a_reset) {
  std::atomic<int> error = 0;
  std::atomic<bool> closed = false;
  listener server{[&](int fd) {
    char c = 0;
    if (recv(fd, &c, 1, 0) < 0)
      error = errno;
    closed = true;
    return true;
  }};
  EXPECT_EQ(run(tcp("127.0.0.1", server.port())).what, kind::answered);
  ASSERT_TRUE(run_until(l, [&] { return closed.load(); }));
  EXPECT_EQ(error, ECONNRESET);
}

TEST_F(a_tcp_check, connects_to_a_name_whatever_address_of_it_is_served) {
  listener server{[](int) { return true; }};
  const auto o = run(tcp("localhost", server.port()));
  EXPECT_EQ(o.what, kind::answered) << o.reason;
}

TEST_F(a_tcp_check, is_refused) {
  expect_failure(tcp("127.0.0.1", free_port()), "connection refused");
}

TEST_F(a_tcp_check, cannot_connect_in_time) {
  full_port full;
  auto spec = tcp("127.0.0.1", full.port());
  spec.timeout = 500ms;
  expect_failure(spec, "could not connect within 500 ms");
}

TEST_F(a_tcp_check, of_a_host_that_does_not_exist_fails) {
  std::string host(64, 'a'); // longer than a label may be
  host.append(".invalid");
  expect_failure(tcp(host, 80), "cannot resolve host '" + host + "'");
}

TEST_F(a_tcp_check, without_a_descriptor_to_spare_was_not_run) {
  expect_not_run_without_descriptors(tcp("127.0.0.1", 80));
  const scarce_descriptors none{0};
  const auto named = run(tcp("localhost", 80));
  EXPECT_EQ(named.what, kind::not_run) << named.reason;
  EXPECT_TRUE(named.exhausted) << named.reason;
}

TEST_F(a_tcp_check, that_is_destroyed_under_way_is_cancelled_before_the_destructor_returns) {
  full_port full;
  for (const auto* host : {"127.0.0.1", "localhost"})
    cancel(tcp(host, full.port()), [&] { run_for(l, 5ms); });
}

TEST_F(a_tcp_check, leaves_no_descriptor_behind) {
  listener server{[](int) { return true; }};
  full_port full;
  auto hanging = tcp("127.0.0.1", full.port());
  hanging.timeout = 2ms;
  run(tcp("localhost", free_port()));   // what looking up names opens for good
  run(tcp("127.0.0.1", server.port())); // and what libuv does for its first stream
  run_for(l, 5ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 30; ++i) {
    run(tcp("127.0.0.1", server.port()));
    run(tcp("127.0.0.1", free_port()));
    run(hanging);
  }
  EXPECT_TRUE(run_until(l, [&] { return open_descriptors() <= before; }));
}
