#include "supervisor/checks/clock_watch.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

class clock_watch_test : public testing::Test {
protected:
  void pass(std::chrono::milliseconds mono, std::chrono::milliseconds wall) {
    now.mono += mono;
    now.wall += wall;
    watch.look(now);
  }
  void pass(std::chrono::milliseconds d) {
    pass(d, d);
  }

  instant now{mono_time{1h}, wall_time{500'000h}};
  clock_watch watch{700ms};
};

TEST_F(clock_watch_test, sees_no_absence_while_it_looks_often) {
  const auto start = now.mono;
  for (int i = 0; i < 100; ++i)
    pass(200ms);
  EXPECT_EQ(watch.away_since(start), std::nullopt);
  EXPECT_EQ(watch.fair_age(1h, now.mono), 1h);
}

TEST_F(clock_watch_test, tells_how_long_reeve_was_away) {
  pass(0ms);
  const auto start = now.mono;
  pass(300ms);
  pass(5s);
  EXPECT_EQ(watch.away_since(start), 5s);
  EXPECT_EQ(watch.away_since(start + 1s), 4'300ms) << "what began later lost less";
  pass(200ms);
  EXPECT_EQ(watch.away_since(start), 5s);
  EXPECT_EQ(watch.away_since(now.mono), std::nullopt) << "what began afterwards lost nothing";
}

TEST_F(clock_watch_test, takes_a_machine_that_slept_for_an_absence) {
  pass(0ms);
  const auto start = now.mono;
  pass(200ms, 8h); // the monotonic clock slept too
  EXPECT_TRUE(watch.away_since(start));
}

TEST_F(clock_watch_test, holds_no_age_from_before_a_jump_of_the_wall_clock_against_anybody) {
  pass(0ms);
  pass(200ms, 8h);
  EXPECT_EQ(watch.fair_age(8h, now.mono), 0s);
  pass(200ms);
  EXPECT_EQ(watch.fair_age(8h, now.mono), 200ms);
  EXPECT_EQ(watch.fair_age(100ms, now.mono), 100ms) << "written since";
  for (int i = 0; i < 300; ++i)
    pass(200ms);
  EXPECT_EQ(watch.fair_age(9h, now.mono), 60'200ms) << "whoever writes nothing grows old again";
}

TEST_F(clock_watch_test, lets_the_wall_clock_be_corrected_and_set_back) {
  pass(0ms);
  pass(200ms, 4s);
  pass(200ms, -8h);
  EXPECT_EQ(watch.away_since(mono_time{1h}), std::nullopt);
  EXPECT_EQ(watch.fair_age(5min, now.mono), 5min);
}

} // namespace
} // namespace reeve
