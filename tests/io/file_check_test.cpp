#include "io/checks/file_check.hpp"
#include "tests/io/support/check_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

/// Readers that hang until it is opened.
struct a_file_check : testing::Test {
  loop l;
  std::mutex gate;
  std::unique_lock<std::mutex> closed{gate};
  std::atomic<int> readings = 0;

  std::unique_ptr<check> hanging(const std::string& path) {
    return make_file_check(l, {path, "file"}, 30ms, [this](const watched_file&) {
      ++readings;
      const std::lock_guard wait{gate};
      return check_outcome{};
    });
  }
  std::unique_ptr<check> good(const std::string& path) {
    return make_file_check(l, {path, "file"}, 20s,
                           [](const watched_file&) { return check_outcome{}; });
  }
  ~a_file_check() override {
    if (closed)
      closed.unlock(); // the loop waits for them
  }
};

} // namespace

TEST_F(a_file_check, that_hangs_was_not_run_and_sends_nobody_after_the_first) {
  const auto c = hanging("/a");
  for (int i = 0; i < 3; ++i) {
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, kind::not_run);
    EXPECT_EQ(o.reason, "reading file '/a' takes longer than 30 ms");
  }
  closed.unlock();
  bool all_done = false;
  l.in_background(
    "file /a", [] {}, [&] { all_done = true; }); // behind what may be queued
  ASSERT_TRUE(run_until(l, [&] { return all_done; }));
  EXPECT_EQ(readings, 1);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(readings, 2);
}

TEST_F(a_file_check, of_what_hangs_takes_no_second_thread_after_a_reload) {
  const auto before = hanging("/a");
  EXPECT_EQ(run_check(l, *before).what, kind::not_run);
  const auto after = hanging("/a");
  EXPECT_EQ(run_check(l, *after).what, kind::not_run);
  EXPECT_EQ(readings, 1);
}

TEST_F(a_file_check, is_not_held_up_by_twenty_that_hang) {
  std::vector<std::unique_ptr<check>> hung;
  int ended = 0;
  for (int i = 0; i < 20; ++i) {
    hung.push_back(hanging("/hung" + std::to_string(i)));
    hung.back()->run([&](const check_outcome&) { ++ended; });
  }
  EXPECT_EQ(run_check(l, *good("/a")).what, kind::answered);
  EXPECT_TRUE(run_until(l, [&] { return readings == 20 && ended == 20; }));
  EXPECT_EQ(run_check(l, *good("/b")).what, kind::answered);
}
