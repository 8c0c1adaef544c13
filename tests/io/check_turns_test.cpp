#include "io/checks/check_turns.hpp"
#include "io/checks/http_check.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/run_check.hpp"
#include "tests/io/support/scarce_descriptors.hpp"
#include "tests/io/support/server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

/// A check that ends when it is told to.
class held_check final : public check {
public:
  explicit held_check(std::vector<held_check*>& begun) : begun_{begun} {
  }
  ~held_check() override {
    if (done_)
      end({kind::cancelled});
  }
  void run(completion done) override {
    done_ = std::move(done);
    begun_.push_back(this);
  }
  void end(check_outcome outcome) {
    std::erase(begun_, this);
    std::exchange(done_, nullptr)(std::move(outcome));
  }

private:
  std::vector<held_check*>& begun_;
  completion done_;
};

check_spec http(const std::string& url, std::chrono::milliseconds timeout) {
  check_spec spec;
  http_check target;
  target.url = url;
  spec.target = target;
  spec.timeout = timeout;
  return spec;
}

/// Its kernel answers, nobody else ever does.
class silent_port {
public:
  silent_port() {
    fd_ = bound_socket(port_);
    listen(fd_, 4'096);
  }
  ~silent_port() {
    close(fd_);
  }
  silent_port(const silent_port&) = delete;
  silent_port& operator=(const silent_port&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/";
  }

private:
  int fd_ = -1;
  int port_ = 0;
};

struct checks_in_turn : testing::Test {
  loop l;
  resolver names{l};
  http_share share{l, names};
  instant now{mono_time{1h}, wall_time{500'000h}};
  std::vector<held_check*> begun;
  std::vector<check_outcome> told;

  void TearDown() override {
    run_for(l, 0ms);
  }
  std::unique_ptr<check> held(check_turns& turns, std::chrono::milliseconds timeout = 5s) {
    return turns.wrap(std::make_unique<held_check>(begun), timeout);
  }
  void run(check& c) {
    c.run([this](check_outcome o) { told.push_back(std::move(o)); });
  }
  void pass(std::chrono::milliseconds mono, std::chrono::milliseconds wall) {
    now.mono += mono;
    now.wall += wall;
  }
  std::unique_ptr<check> http_in(check_turns& turns, const check_spec& spec) {
    return turns.wrap(make_http_check(share, spec), spec.timeout);
  }
};

TEST_F(checks_in_turn, begin_when_there_is_a_place_and_say_so) {
  check_turns turns{l, 1};
  const auto first = held(turns);
  const auto second = held(turns);
  run(*first);
  run(*second);
  EXPECT_EQ(begun.size(), 1U);
  EXPECT_FALSE(first->waits_for_its_turn());
  EXPECT_TRUE(second->waits_for_its_turn());
  begun[0]->end({});
  EXPECT_FALSE(second->waits_for_its_turn());
  begun[0]->end({});
  EXPECT_EQ(told.size(), 2U);
}

TEST_F(checks_in_turn, wait_without_a_place_if_they_need_none) {
  check_turns turns{l, 1};
  const auto first = held(turns);
  const auto modest =
    turns.wrap(std::make_unique<held_check>(begun), 5s, check_turns::place::not_needed);
  run(*first);
  run(*modest);
  EXPECT_EQ(begun.size(), 2U);
  EXPECT_EQ(turns.running(), 1U);
}

TEST_F(checks_in_turn, that_go_while_they_wait_or_run_are_cancelled_and_let_others_begin) {
  check_turns turns{l, 1};
  auto first = held(turns);
  auto second = held(turns);
  const auto third = held(turns);
  for (auto* c : {first.get(), second.get(), third.get()})
    run(*c);
  second.reset();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].what, kind::cancelled);
  first.reset();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].what, kind::cancelled);
  EXPECT_FALSE(third->waits_for_its_turn());
  EXPECT_EQ(turns.running(), 1U);
}

TEST_F(checks_in_turn, count_their_timeout_from_their_beginning_and_tell_how_long_they_waited) {
  listener server{answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
  check_turns turns{l, 1, [this] { return now; }};
  const auto first = held(turns);
  const auto second = http_in(turns, http(server.url(), 5s));
  run(*first);
  run(*second);
  for (int i = 0; i < 100; ++i) { // twenty seconds, looked at in between
    pass(200ms, 200ms);
    const auto modest =
      turns.wrap(std::make_unique<held_check>(begun), 5s, check_turns::place::not_needed);
    run(*modest);
    begun.back()->end({});
  }
  told.clear();
  begun[0]->end({});
  ASSERT_TRUE(run_until(l, [&] { return told.size() == 2; }));
  EXPECT_EQ(told[1].what, kind::answered) << told[1].reason;
  EXPECT_EQ(told[1].waited, 20s);
  EXPECT_EQ(told[0].waited, 0s);
}

TEST_F(checks_in_turn, that_hung_the_last_time_have_half_of_the_places) {
  check_turns turns{l, 4, [this] { return now; }};
  std::vector<std::unique_ptr<check>> hanging;
  for (int i = 0; i < 4; ++i) {
    hanging.push_back(held(turns, 500ms));
    run(*hanging.back());
  }
  pass(500ms, 500ms);
  while (!begun.empty())
    begun.back()->end({kind::failed, {}, "no answer within 500ms"});
  for (auto& c : hanging)
    run(*c);
  EXPECT_EQ(begun.size(), 2U);
  const auto healthy = held(turns);
  run(*healthy);
  EXPECT_EQ(begun.size(), 3U);
}

TEST_F(checks_in_turn, that_failed_while_reeve_was_away_were_not_run) {
  check_turns turns{l, 9, [this] { return now; }};
  const auto failing = held(turns);
  const auto answered = held(turns);
  run(*failing);
  run(*answered);
  pass(4s, 4s);
  begun[0]->end({kind::failed, {}, "connection reset"});
  check_outcome good;
  good.answer.latency = 4'050ms;
  begun[0]->end(good);
  EXPECT_EQ(told[0].what, kind::not_run);
  EXPECT_EQ(told[0].reason, "Reeve itself was held up and came too late");
  EXPECT_EQ(told[1].what, kind::answered);
  EXPECT_EQ(told[1].answer.latency, 50ms);
  run(*failing);
  begun[0]->end({kind::failed, {}, "connection reset"});
  EXPECT_EQ(told[2].what, kind::failed) << "it began afterwards";
}

TEST_F(checks_in_turn, tell_no_age_from_before_the_wall_clock_jumped) {
  check_turns turns{l, 9, [this] { return now; }};
  const auto beat = held(turns);
  const auto age_told = [&] {
    check_outcome o;
    o.answer.age = 8h;
    run(*beat);
    begun[0]->end(o);
    return told.back().answer.age;
  };
  EXPECT_EQ(age_told(), 8h);
  pass(10s, 8h);
  EXPECT_EQ(age_told(), 0s);
  pass(30s, 30s);
  EXPECT_EQ(age_told(), 30s);
}

TEST_F(checks_in_turn, keep_the_healthy_going_while_hundreds_hang) {
  silent_port silent;
  listener good{answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")};
  check_turns turns{l, 40};
  std::list<std::unique_ptr<check>> checks;
  bool over = false;
  int good_runs = 0;
  int hung_runs = 0;
  std::function<void(check&)> again_and_again = [&](check& c) {
    c.run([&](const check_outcome& o) {
      if (o.what == kind::cancelled)
        return;
      EXPECT_LE(turns.running(), 40U);
      ++(o.what == kind::answered ? good_runs : hung_runs);
      if (!over)
        again_and_again(c);
    });
  };
  for (int i = 0; i < 300; ++i) {
    checks.push_back(http_in(turns, http(silent.url(), 300ms)));
    again_and_again(*checks.back());
  }
  // All of them have hung once, and want to again at once.
  ASSERT_TRUE(run_until(l, [&] { return hung_runs >= 300; }));
  for (int i = 0; i < 5; ++i) {
    checks.push_back(http_in(turns, http(good.url(), 20s)));
    again_and_again(*checks.back());
  }
  const auto hung_before = hung_runs;
  ASSERT_TRUE(run_until(l, [&] { return good_runs >= 200; }));
  EXPECT_LT(hung_runs - hung_before, 300) << "one round of those that hang is long";
  over = true;
  checks.clear();
}

TEST_F(checks_in_turn, slow_down_without_descriptors_and_blame_nobody) {
  temp_folder folder;
  nginx server{folder, 1, [](const nginx::ports& p) {
                 return "server { listen 127.0.0.1:" + std::to_string(p[0])
                        + "; location / { return 200; } }";
               }};
  check_turns turns{l, 400};
  std::list<std::unique_ptr<check>> checks;
  std::vector<check_outcome> all;
  const auto run_them_all = [&] {
    all.clear();
    for (auto& c : checks)
      c->run([&](check_outcome o) { all.push_back(std::move(o)); });
    return run_until(l, [&] { return all.size() == checks.size(); });
  };
  for (int i = 0; i < 400; ++i)
    checks.push_back(http_in(turns, http(server.url(0), 20s)));
  ASSERT_TRUE(run_them_all());
  {
    const scarce_descriptors few{40};
    std::ptrdiff_t exhausted = 0;
    for (int round = 0; round < 6; ++round) {
      ASSERT_TRUE(run_them_all());
      for (const auto& o : all)
        EXPECT_TRUE(o.what == kind::answered || (o.what == kind::not_run && o.exhausted))
          << o.reason;
      exhausted = std::ranges::count_if(all, [](const auto& o) { return o.exhausted; });
      EXPECT_TRUE(round > 0 || exhausted > 0);
    }
    EXPECT_LT(exhausted, 100) << "the pace fits by now";
    EXPECT_LT(turns.places(), 100U);
    const int left = dup(0);
    EXPECT_GE(left, 0) << "some are kept for others";
    close(left);
  }
  const auto fewest = turns.places();
  ASSERT_TRUE(run_them_all());
  for (const auto& o : all)
    EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_GT(turns.places(), fewest);
}

/// A network of this thread's own, with these local ports alone.
bool enter_network_with_ports(const std::string& range) {
  if (unshare(CLONE_NEWNET) != 0)
    return false;
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq loopback_device{};
  std::copy_n("lo", 3, loopback_device.ifr_name);
  loopback_device.ifr_flags = IFF_UP;
  const bool up = ioctl(any, SIOCSIFFLAGS, &loopback_device) == 0;
  close(any);
  std::ofstream ports{"/proc/sys/net/ipv4/ip_local_port_range"};
  ports << range << std::flush;
  return up && ports.good();
}

void without_ports_to_spare(check_outcome& first, std::vector<check_outcome>& others) {
  loop l;
  resolver names{l};
  http_share share{l, names};
  silent_port silent;
  std::list<std::unique_ptr<check>> checks;
  for (int i = 0; i < 40; ++i) {
    const auto spec = http(silent.url(), 1s);
    checks.push_back(make_http_check(share, spec));
    checks.back()->run([&](check_outcome o) {
      if (o.what != kind::cancelled)
        (o.exhausted ? others.push_back(std::move(o)) : void(first = std::move(o)));
    });
  }
  run_until(l, [&] { return others.size() >= 20 && !first.reason.empty(); });
}

/// Its beginning takes longer than one turn of the loop has for that.
class slow_to_begin final : public check {
public:
  explicit slow_to_begin(int& begun) : begun_{begun} {
  }
  ~slow_to_begin() override {
    if (done_)
      done_({kind::cancelled});
  }
  void run(completion done) override {
    done_ = std::move(done);
    ++begun_;
    std::this_thread::sleep_for(5ms);
  }

private:
  int& begun_;
  completion done_;
};

TEST_F(checks_in_turn, begin_one_after_another_where_beginning_takes_long) {
  check_turns turns{l, 10};
  int n = 0;
  std::vector<std::unique_ptr<check>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(turns.wrap(std::make_unique<slow_to_begin>(n), 5s));
    run(*all.back());
  }
  EXPECT_EQ(n, 1);
  EXPECT_TRUE(run_until(l, [&] { return n == 4; }));
}

TEST_F(checks_in_turn, are_not_called_slow_for_what_reeve_was_away) {
  check_turns turns{l, 2, [this] { return now; }};
  const auto first = held(turns, 1s);
  const auto second = held(turns, 1s);
  run(*first);
  run(*second);
  pass(1h, 1h);
  begun[0]->end({kind::failed});
  begun[0]->end({kind::failed});
  run(*first);
  run(*second);
  EXPECT_EQ(begun.size(), 2U) << "slow ones would have one place";
}

TEST(checks_at_once, take_half_of_the_descriptors) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const auto with = [&](rlim_t limit) {
    const rlimit now{limit, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &now);
    return most_checks_at_once();
  };
  EXPECT_EQ(with(20), 16U);
  EXPECT_EQ(with(500), 250U);
  if (before.rlim_max >= 10'000) {
    EXPECT_EQ(with(10'000), 4'000U);
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(a_check, without_a_local_port_to_spare_was_not_run) {
  check_outcome first;
  std::vector<check_outcome> others;
  bool entered = false;
  std::thread{[&] {
    if ((entered = enter_network_with_ports("40000 40015")))
      without_ports_to_spare(first, others);
  }}.join();
  if (!entered)
    GTEST_SKIP() << "may not make a network";
  ASSERT_GE(others.size(), 20U);
  for (const auto& o : others) {
    EXPECT_EQ(o.what, kind::not_run);
    EXPECT_EQ(o.reason, "this machine is out of local ports: widen net.ipv4.ip_local_port_range");
  }
  EXPECT_EQ(first.what, kind::failed) << "who had one tells of the service";
}

} // namespace
