#include "supervisor/restarts/restart_budget.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace reeve {
namespace {

constexpr mono_time begin{100h};
constexpr budget_spec no_limit{};
constexpr budget_spec two_at_once{.concurrent = 2};
constexpr budget_spec three_a_minute{.per_minute = 3};

TEST(a_restart_budget, without_limits_admits_everything_and_waits_for_nothing) {
  restart_budget budget;
  EXPECT_FALSE(budget.more_room_at(no_limit));
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(budget.admit(no_limit, 5, begin));
  EXPECT_TRUE(budget.has_room(no_limit, begin));
}

TEST(a_restart_budget, counts_plans_under_way_and_only_their_end_makes_room) {
  restart_budget budget;
  EXPECT_TRUE(budget.admit(two_at_once, 1, begin));
  EXPECT_TRUE(budget.has_room(two_at_once, begin));
  EXPECT_TRUE(budget.admit(two_at_once, 4, begin)); // a plan is one, however many it restarts
  EXPECT_FALSE(budget.has_room(two_at_once, begin + 1h));
  EXPECT_FALSE(budget.admit(two_at_once, 1, begin + 1h));
  EXPECT_EQ(budget.why_not(two_at_once, begin + 1h),
            "2 of at most 2 restarts at once are under way");
  EXPECT_FALSE(budget.more_room_at(two_at_once));
  budget.finished();
  EXPECT_TRUE(budget.admit(two_at_once, 1, begin + 1h));
}

TEST(a_restart_budget, counts_each_restart_of_a_plan_for_a_minute) {
  restart_budget budget;
  EXPECT_TRUE(budget.admit(three_a_minute, 2, begin));
  EXPECT_TRUE(budget.admit(three_a_minute, 1, begin + 10s));
  EXPECT_FALSE(budget.has_room(three_a_minute, begin + 60s - 1ns));
  EXPECT_EQ(budget.why_not(three_a_minute, begin + 20s),
            "3 of at most 3 restarts a minute are used up");
  EXPECT_EQ(budget.more_room_at(three_a_minute), begin + 60s);
  EXPECT_TRUE(budget.has_room(three_a_minute, begin + 60s));
  EXPECT_TRUE(budget.admit(three_a_minute, 2, begin + 60s));
  EXPECT_FALSE(budget.admit(three_a_minute, 1, begin + 60s)); // the one of 10 s counts still
}

TEST(a_restart_budget, keeps_room_for_a_plan_that_needs_more_than_is_left) {
  restart_budget budget;
  EXPECT_TRUE(budget.admit(three_a_minute, 2, begin));
  EXPECT_FALSE(budget.admit(three_a_minute, 2, begin));
  EXPECT_EQ(budget.why_not(three_a_minute, begin),
            "2 of at most 3 restarts a minute are used up, and what comes first needs more than is "
            "left");
  EXPECT_TRUE(budget.admit(three_a_minute, 1, begin));
}

TEST(a_restart_budget, lets_a_plan_larger_than_itself_begin_when_nothing_else_counts) {
  restart_budget budget;
  EXPECT_TRUE(budget.admit(three_a_minute, 7, begin));
  EXPECT_FALSE(budget.admit(three_a_minute, 7, begin + 59s));
  EXPECT_TRUE(budget.admit(three_a_minute, 7, begin + 60s));
}

TEST(a_restart_budget, goes_on_with_what_another_reeve_began) {
  restart_budget budget{{begin - 61s, begin - 60s, begin - 59s, begin}};
  EXPECT_EQ(budget.begun(begin), (std::vector{begin - 59s, begin}));
  EXPECT_TRUE(budget.admit(three_a_minute, 1, begin));
  EXPECT_FALSE(budget.has_room(three_a_minute, begin));
}

TEST(a_restart_budget, forgets_what_is_a_minute_old) {
  restart_budget budget{{begin, begin + 30s}};
  budget.forget_old(begin + 60s - 1ns);
  EXPECT_EQ(budget.more_room_at(three_a_minute), begin + 60s);
  budget.forget_old(begin + 60s);
  EXPECT_EQ(budget.more_room_at(three_a_minute), begin + 90s);
  budget.forget_old(begin + 90s);
  EXPECT_FALSE(budget.more_room_at(three_a_minute));
}

} // namespace
} // namespace reeve
