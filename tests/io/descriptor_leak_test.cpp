#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/process_facts.hpp"

#include <gtest/gtest.h>

using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct a_check_without_a_descriptor_to_spare : check_fixture {
  /// Opens nothing that it does not close, however often.
  void expect_no_leak(const check_target& target, int left) {
    check_spec spec;
    spec.target = target;
    spec.timeout = std::chrono::seconds{20};
    const auto c = engine.make(spec);
    run_check(l, *c);
    run_for(l, std::chrono::milliseconds{20});
    const auto before = open_descriptors();
    for (int i = 0; i < 100; ++i) {
      const scarce_descriptors few{left};
      EXPECT_EQ(run_check(l, *c).what, kind::not_run);
    }
    EXPECT_TRUE(run_until(l, [&] { return open_descriptors() <= before; }))
      << before << " before, now " << open_descriptors();
  }
};

} // namespace

TEST_F(a_check_without_a_descriptor_to_spare, leaves_none_open) {
  const auto port = std::to_string(free_port());
  for (const int left : {0, 1, 2}) {
    expect_no_leak(http_check{"http://127.0.0.1:" + port + "/"}, left);
    expect_no_leak(tcp_check{"127.0.0.1", std::stoi(port)}, left);
    expect_no_leak(exec_check{{"/bin/true"}}, left);
    expect_no_leak(icmp_check{"127.0.0.1"}, left);
  }
}
