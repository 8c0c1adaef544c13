#include "supervisor/schedule.hpp"

#include <gtest/gtest.h>

#include <array>

namespace reeve {
namespace {

using namespace std::chrono_literals;

constexpr mono_time t0{1h};

TEST(schedule, spreads_first_checks_over_an_interval_or_ten_seconds) {
  std::array<int, 10> seconds{};
  for (int i = 0; i < 10'000; ++i) {
    const auto wait = first_due("service-" + std::to_string(i), 30s, t0) - t0;
    ASSERT_GE(wait, 0s);
    ASSERT_LT(wait, 10s);
    ++seconds[static_cast<std::size_t>(wait / 1s)];
  }
  for (const int in_this_second : seconds) {
    EXPECT_GT(in_this_second, 850);
    EXPECT_LT(in_this_second, 1'150);
  }
  for (int i = 0; i < 100; ++i)
    EXPECT_LT(first_due("service-" + std::to_string(i), 250ms, t0), t0 + 250ms);
}

TEST(schedule, a_name_has_always_the_same_phase) {
  EXPECT_EQ(first_due("web", 30s, t0), first_due("web", 30s, t0));
  EXPECT_EQ(first_due("web", 30s, t0 + 5s), first_due("web", 30s, t0) + 5s);
}

TEST(schedule, due_times_lie_on_the_grid_whenever_reeve_started) {
  for (const auto epoch : {t0, t0 + 1ns, t0 + 3ms, t0 + 9'999us}) {
    const auto due = first_due("web", 250ms, epoch);
    EXPECT_EQ(due.time_since_epoch() % schedule_grid, 0ns);
    EXPECT_GE(due, epoch);
    EXPECT_LT(due, epoch + 250ms);
  }
  EXPECT_GE(first_due("web", 1ms, t0 + 3ms), t0 + 3ms) << "shorter than the grid";
}

TEST(schedule, keeps_its_rate_without_drift) {
  const auto on_time = next_due(t0, 10s, t0 + 20ms);
  EXPECT_EQ(on_time.due, t0 + 10s);
  EXPECT_EQ(on_time.skipped, 0);
  const auto late = next_due(t0, 10s, t0 + 35s);
  EXPECT_EQ(late.due, t0 + 40s);
  EXPECT_EQ(late.skipped, 3);
  const auto on_the_edge = next_due(t0, 10s, t0 + 10s);
  EXPECT_EQ(on_the_edge.due, t0 + 20s) << "later than now, or it would be due at once again";
  EXPECT_EQ(next_due(t0, 10s, t0 - 5s).due, t0 + 10s);
  EXPECT_GT(next_due(t0, 0ms, t0 + 1h).due, t0 + 1h);
}

TEST(schedule, looks_more_often_until_the_first_verdict) {
  EXPECT_EQ(starting_interval(30s), 1s);
  EXPECT_EQ(starting_interval(250ms), 250ms);
}

} // namespace
} // namespace reeve
