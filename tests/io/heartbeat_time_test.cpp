#include "io/checks/heartbeat_time.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;
using namespace reeve::io;

namespace {

constexpr heartbeat_time now{1'769'850'000.0};

} // namespace

TEST(a_heartbeat_time, is_so_and_so_long_ago) {
  EXPECT_EQ(*heartbeat_age(now - 90s, now), 90s);
  EXPECT_EQ(*heartbeat_age(now, now), 0s);
}

TEST(a_heartbeat_time, is_now_if_it_is_a_little_ahead_for_clocks_differ) {
  EXPECT_EQ(*heartbeat_age(now + 60s, now), 0s);
}

TEST(a_heartbeat_time, tells_nothing_if_it_is_far_ahead) {
  const auto age = heartbeat_age(now + 1h, now);
  ASSERT_FALSE(age);
  EXPECT_EQ(age.sentence(), "its heartbeat is 1h in the future: set the clocks");
}

TEST(a_heartbeat_time, of_a_file_system_that_remembers_any_time_has_an_age) {
  EXPECT_GT(*heartbeat_age(heartbeat_time{-9e18}, now), 24h * 365);
  EXPECT_FALSE(heartbeat_age(heartbeat_time{9e18}, now));
}
