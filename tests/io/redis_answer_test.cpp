#include "io/checks/redis_answer.hpp"

#include <gtest/gtest.h>

namespace reeve::io {

namespace {

const std::vector<field_condition> role = {{"role", {comparator::equal, "master"}}};

TEST(redis_answer, is_the_same_in_pieces) {
  const std::string bytes = "+OK\r\n+PONG\r\n$23\r\n# Server\r\nrole:master\r\n";
  redis_answer answer{1, role, ""};
  for (const char c : bytes)
    EXPECT_FALSE(answer.take({&c, 1}));
  const auto outcome = answer.take("\r\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->what, check_outcome::kind::answered);
  EXPECT_EQ(outcome->answer.fields, std::vector<std::optional<found_value>>{"master"});
}

TEST(redis_answer, is_no_array_of_a_claimed_size_wherever_it_comes) {
  redis_answer answer{0, role, ""};
  EXPECT_FALSE(answer.take("+PONG\r\n"));
  const auto outcome = answer.take("*2147483647\r\n");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->reason, "the answer is not Redis'");
}

} // namespace

} // namespace reeve::io
