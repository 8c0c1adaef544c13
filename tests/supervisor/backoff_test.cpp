#include "supervisor/restarts/backoff.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

TEST(backoff, doubles_up_to_its_maximum) {
  const backoff_policy policy{false, 1s, 2, 10s, 0};
  const std::chrono::milliseconds expected[] = {1s, 2s, 4s, 8s, 10s, 10s};
  for (int attempt = 1; attempt <= 6; ++attempt)
    EXPECT_EQ(delay(policy, attempt, 0.99), expected[attempt - 1]) << attempt;
  EXPECT_EQ(delay(policy, 1'000'000, 0.99), 10s);
  EXPECT_EQ(delay(policy, 0, 0), 1s);
}

TEST(backoff, adds_up_to_its_jitter) {
  const backoff_policy policy{false, 10s, 2, 5min, 0.2};
  EXPECT_EQ(delay(policy, 1, 0), 10s);
  EXPECT_EQ(delay(policy, 1, 0.5), 11s);
  EXPECT_LE(delay(policy, 100, 0.999'999), 6min);
  EXPECT_GT(delay(policy, 100, 0.999), 5min + 59s);
}

TEST(backoff, is_zero_for_none_and_never_else) {
  backoff_policy policy;
  policy.none = true;
  EXPECT_EQ(delay(policy, 5, 0.5), 0ms);
  EXPECT_EQ(delay({false, 0ms, 2, 5min, 0}, 1, 0), 1ms);
  EXPECT_EQ(delay({false, 1s, 0, 5min, 0}, 3, 0), 1ms);
  EXPECT_EQ(delay({false, 1s, 2, 0ms, 0}, 3, 0), 1ms);
}

TEST(backoff, may_be_constant) {
  EXPECT_EQ(delay({false, 3s, 1, 5min, 0}, 1, 0), 3s);
  EXPECT_EQ(delay({false, 3s, 1, 5min, 0}, 50, 0), 3s);
}

} // namespace
} // namespace reeve
