#include "io/checks/icmp_check.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/run_check.hpp"
#include "tests/io/support/server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <memory>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

/// A network of this thread's own, with nothing but the loopback interface.
class own_network {
public:
  own_network() : before_{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)} {
    entered_ = before_ >= 0 && unshare(CLONE_NEWNET) == 0;
  }
  ~own_network() {
    if (entered_ && setns(before_, CLONE_NEWNET) != 0)
      ADD_FAILURE() << "cannot go back to the network of before";
    close(before_);
  }
  own_network(const own_network&) = delete;
  own_network& operator=(const own_network&) = delete;

  bool entered() const {
    return entered_;
  }
  /// False: the kernel took it not.
  static bool set(const std::string& what, const std::string& value) {
    std::ofstream file{"/proc/sys/net/ipv4/" + what};
    file << value << std::flush;
    return file.good();
  }

private:
  int before_;
  bool entered_ = false;
};

struct an_icmp_check : testing::Test {
  own_network network;
  temp_folder folder;
  loop l;
  resolver names{l,
                 {folder.file("hosts", "127.0.0.1 here.example\n192.0.2.1 far.example\n"
                                       "198.51.100.1 both.example\n127.0.0.1 both.example\n"
                                       "127.0.0.1 silent.example\n198.51.100.1 silent.example\n"
                                       "127.0.0.1 six.example\n::1 six.example\n"),
                  folder / "no-resolv.conf"}};

  void SetUp() override {
    if (!network.entered())
      GTEST_SKIP() << "needs root, for a network of its own";
    ip({"link", "set", "lo", "up"});
    ASSERT_TRUE(own_network::set("ping_group_range", "0 2147483647"));
  }

  void ip(std::vector<std::string> words) const {
    words.insert(words.begin(), "ip");
    run_program(words, folder / "ip.log");
  }
  static check_spec ping(const std::string& host, std::chrono::milliseconds timeout = 20s) {
    check_spec spec;
    spec.target = icmp_check{host};
    spec.timeout = timeout;
    return spec;
  }
  check_outcome run(const check_spec& spec) {
    const auto c = make_icmp_check(l, names, spec);
    return run_check(l, *c);
  }
};

} // namespace

TEST_F(an_icmp_check, gets_its_echo_from_addresses_of_both_families_and_names) {
  for (const auto* host : {"127.0.0.1", "::1", "here.example", "both.example"}) {
    const auto o = run(ping(host));
    EXPECT_EQ(o.what, kind::answered) << host << ": " << o.reason;
  }
}

TEST_F(an_icmp_check, takes_no_reply_that_is_another_s) {
  const auto one = make_icmp_check(l, names, ping("127.0.0.1"));
  const auto other = make_icmp_check(l, names, ping("127.0.0.1"));
  std::string answered;
  for (int i = 0; i < 20; ++i) {
    answered.clear();
    one->run([&](const check_outcome& o) { answered += o.what == kind::answered ? "a" : "?"; });
    other->run([&](const check_outcome& o) { answered += o.what == kind::answered ? "a" : "?"; });
    ASSERT_TRUE(run_until(l, [&] { return answered.size() == 2; }));
    EXPECT_EQ(answered, "aa");
  }
}

TEST_F(an_icmp_check, gets_no_reply) {
  ASSERT_TRUE(own_network::set("icmp_echo_ignore_all", "1"));
  const auto o = run(ping("127.0.0.1", 200ms));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no reply to a ping within 200 ms");
}

TEST_F(an_icmp_check, asks_the_next_address_of_a_silent_host) {
  ASSERT_TRUE(own_network::set("icmp_echo_ignore_all", "1")); // of IPv4
  auto o = run(ping("six.example", 600ms));
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  for (const auto* host : {"silent.example", "both.example"}) { // the other one is out of reach
    o = run(ping(host, 200ms));
    EXPECT_EQ(o.what, kind::failed) << host;
    EXPECT_EQ(o.reason, "no reply to a ping within 200 ms") << host;
  }
}

TEST_F(an_icmp_check, hears_that_a_host_is_unreachable) {
  ip({"route", "add", "unreachable", "192.0.2.0/24"});
  const auto o = run(ping("far.example"));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no way to the host");
}

TEST_F(an_icmp_check, hears_of_it_from_the_network_too) {
  // A neighbour that answers to nobody: the kernel gives it up and says so.
  ip({"link", "add", "there", "type", "veth", "peer", "name", "nobody"});
  ip({"link", "set", "there", "up"});
  ip({"link", "set", "nobody", "up"});
  ip({"address", "add", "192.0.2.7/24", "dev", "there"});
  if (!own_network::set("neigh/there/retrans_time_ms", "10"))
    GTEST_SKIP() << "this kernel has no veth devices";
  const auto o = run(ping("far.example"));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "host is unreachable: No route to host");
}

TEST_F(an_icmp_check, says_nothing_about_hosts_this_machine_has_no_way_to) {
  const auto o = run(ping("far.example"));
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "cannot connect: this machine has no way to that network");
}

TEST_F(an_icmp_check, was_not_run_where_the_kernel_forbids_it) {
  ASSERT_TRUE(own_network::set("ping_group_range", "1 0"));
  for (const auto* host : {"127.0.0.1", "::1"}) {
    const auto o = run(ping(host));
    EXPECT_EQ(o.what, kind::not_run);
    EXPECT_EQ(o.reason, "Reeve may not send pings: the kernel's net.ipv4.ping_group_range must "
                        "include its group "
                          + std::to_string(getegid()));
  }
}

TEST_F(an_icmp_check, of_a_name_that_could_not_be_asked_for_was_not_run) {
  EXPECT_EQ(run(ping("unknown.example")).what, kind::not_run);
}

TEST_F(an_icmp_check, that_is_destroyed_under_way_is_cancelled_and_leaves_no_descriptor) {
  ASSERT_TRUE(own_network::set("icmp_echo_ignore_all", "1"));
  run(ping("127.0.0.1", 1ms));
  run_for(l, 1ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i)
    cancel_check(l, make_icmp_check(l, names, ping("127.0.0.1")),
                 [&] { run_for(l, std::chrono::milliseconds{i % 2}); });
  EXPECT_EQ(open_descriptors(), before);
}
