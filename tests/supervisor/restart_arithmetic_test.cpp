#include "supervisor/restarts/restart_policy.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace std::chrono_literals;

namespace reeve {
namespace {

std::string explained(std::chrono::milliseconds delay, int attempt) {
  const auto all = explain(
    {restart_answer::restart, delay, attempt, attempt},
    restart_spec{.backoff = {.initial = 1s, .factor = 2, .max = 5min, .jitter = 0.2}}, {5, 10min});
  return all.substr(all.find("delay"));
}

TEST(the_arithmetic_of_a_delay, adds_up_to_the_eye) {
  EXPECT_EQ(explained(1s, 1), "delay 1 s = 1 s");
  EXPECT_EQ(explained(1'037ms, 1), "delay 1.037 s = 1 s + jitter 37 ms");
  EXPECT_EQ(explained(4'200ms, 3), "delay 4.2 s = 1 s x 2^2 + jitter 200 ms");
  EXPECT_EQ(explained(8'050ms, 4), "delay 8.05 s = 1 s x 2^3 + jitter 50 ms");
}

} // namespace
} // namespace reeve
