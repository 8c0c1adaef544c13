#include "supervisor/checks/push_deadline.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace reeve {

namespace {

using kind = push_signal::kind;

/// One token: pushes come and time passes.
struct push_deadline : testing::Test {
  const mono_time begin{100h};
  mono_time since = begin;
  mono_time now = begin;
  push_check limits{"token", 1h, 5min};
  push_record record;

  void push(kind what, std::optional<int> code = std::nullopt, const std::string& message = "") {
    record = step(record, {what, code, message}, limits, now);
  }
  push_judgement look() const {
    return judge(record, limits, since, now);
  }
  std::string reason() const {
    return look().verdict.reason;
  }
  bool good() const {
    return look().verdict.result == check_result::ok;
  }
};

} // namespace

TEST_F(push_deadline, runs_from_the_start_until_something_came) {
  EXPECT_TRUE(good());
  EXPECT_EQ(look().deadline, begin + 65min);
  now = begin + 65min - 1ns;
  EXPECT_TRUE(good());
  now += 1ns;
  EXPECT_FALSE(good());
  EXPECT_EQ(reason(), "no push for 1h5m, expected every 1h with 5m of grace");
  EXPECT_EQ(look().deadline, std::nullopt);
}

TEST_F(push_deadline, runs_from_the_last_success) {
  now += 30min;
  push(kind::success);
  EXPECT_EQ(look().deadline, now + 65min);
  now += 65min;
  EXPECT_EQ(reason(), "the last push came 1h5m ago, expected every 1h with 5m of grace");
  push(kind::success);
  EXPECT_TRUE(good());
}

TEST_F(push_deadline, is_missed_until_the_next_success_and_not_until_the_next_start) {
  now += 70min;
  push(kind::start);
  EXPECT_FALSE(good());
  now += 1min;
  push(kind::success);
  EXPECT_TRUE(good());
  EXPECT_EQ(record.duration, 1min);
}

TEST_F(push_deadline, is_sooner_for_a_run_that_began) {
  now += 10min;
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 5min);
  now += 5min;
  EXPECT_EQ(reason(), "the run that began 5m ago has not ended, expected within 5m");
  push(kind::start); // another attempt makes up for nothing
  EXPECT_FALSE(good());
  now += 2min;
  push(kind::success);
  EXPECT_TRUE(good());
  EXPECT_EQ(record.duration, 2min) << "of the newer run";
  EXPECT_EQ(look().deadline, now + 65min);
}

TEST_F(push_deadline, of_a_run_that_began_late_is_that_of_the_period) {
  now += 63min;
  push(kind::start);
  EXPECT_EQ(look().deadline, begin + 65min);
}

TEST_F(push_deadline, counts_anew_when_a_run_begins_again_in_time) {
  push(kind::start);
  now += 3min;
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 5min);
}

TEST_F(push_deadline, without_a_grace_lets_a_run_take_the_whole_period) {
  limits.grace = 0ms;
  push(kind::start);
  EXPECT_EQ(look().deadline, begin + 1h);
  now += 1h;
  EXPECT_EQ(reason(), "no push for 1h, expected every 1h");
}

TEST_F(push_deadline, of_a_run_with_a_limit_is_that_and_the_grace_is_for_its_begin) {
  limits.run = 6h;
  push(kind::success);
  now += 65min - 1ns;
  EXPECT_TRUE(good());
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 6h);
  now += 6h - 1ns;
  EXPECT_TRUE(good());
  now += 1ns;
  EXPECT_EQ(reason(), "the run that began 6h ago has not ended, expected within 6h");
  push(kind::start);
  EXPECT_FALSE(good()) << "only a success makes up for it";
  push(kind::success);
  EXPECT_EQ(look().deadline, now + 65min);
}

TEST_F(push_deadline, with_a_limit_for_the_run_is_missed_by_one_that_does_not_begin_in_time) {
  limits.run = 6h;
  push(kind::success);
  now += 65min;
  EXPECT_EQ(reason(), "the last push came 1h5m ago, expected every 1h with 5m of grace");
  push(kind::start);
  EXPECT_FALSE(good()) << "too late";
}

TEST_F(push_deadline, of_a_limited_run_counts_from_the_first_start_and_not_from_the_next) {
  limits.run = 10min;
  now += 64min;
  const auto first = now;
  push(kind::start);
  now += 1min;
  push(kind::start);
  EXPECT_EQ(look().deadline, first + 10min) << "within the grace, too";
  now += 8min;
  push(kind::start);
  EXPECT_EQ(look().deadline, first + 10min);
  push(kind::failure, 1);
  EXPECT_FALSE(good());
  push(kind::success);
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 10min);
}

TEST_F(push_deadline, of_a_limited_run_may_be_shorter_than_the_grace) {
  limits.run = 1min;
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 1min);
}

TEST_F(push_deadline, of_a_limited_run_may_end_before_the_next_is_due) {
  limits.run = 10min;
  limits.grace = 0ms;
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 10min) << "long before the period is over";
}

TEST_F(push_deadline, a_failure_holds_until_the_next_success) {
  push(kind::failure, std::nullopt, "disk full");
  EXPECT_EQ(look(), (push_judgement{{check_result::failed, "it told a failure: disk full"}, {}}));
  now += 1min;
  push(kind::start);
  EXPECT_FALSE(good());
  push(kind::failure, 3);
  EXPECT_EQ(reason(), "it told exit code 3");
  push(kind::success);
  EXPECT_TRUE(good());
}

TEST_F(push_deadline, forgets_what_another_run_of_the_service_said) {
  push(kind::failure);
  push(kind::start);
  now += 1h;
  since = now; // it was restarted
  EXPECT_TRUE(good());
  EXPECT_EQ(look().deadline, now + 65min);
  now += 1min;
  push(kind::start);
  EXPECT_EQ(look().deadline, now + 5min) << "though the run of before is overdue";
}

TEST_F(push_deadline, tells_no_duration_of_a_run_whose_start_it_does_not_know) {
  push(kind::start);
  now += 1min;
  push(kind::failure, 1);
  EXPECT_EQ(record.duration, 1min);
  push(kind::success);
  EXPECT_EQ(record.duration, std::nullopt);
}

} // namespace reeve
