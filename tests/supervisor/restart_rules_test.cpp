#include "supervisor/restarts/restart_plan.hpp"
#include "supervisor/restarts/restart_policy.hpp"
#include "supervisor/restarts/restart_window.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

constexpr mono_time t0{};

// -- restart_window -----------------------------------------------------------

TEST(restart_window, allows_the_intensity_and_refuses_one_more) {
  restart_window window;
  const intensity limit{2, 10s};
  EXPECT_TRUE(window.admit(limit, t0));
  EXPECT_TRUE(window.admit(limit, t0 + 1s));
  EXPECT_FALSE(window.admit(limit, t0 + 2s));
  EXPECT_EQ(window.count(limit, t0 + 2s), 3);
}

TEST(restart_window, slides) {
  restart_window window;
  const intensity limit{2, 10s};
  window.admit(limit, t0);
  window.admit(limit, t0 + 5s);
  EXPECT_FALSE(restart_window{window}.admit(limit, t0 + 10s)) << "the edge still counts";
  EXPECT_TRUE(window.admit(limit, t0 + 10s + 1ms));
  EXPECT_FALSE(window.admit(limit, t0 + 11s));
  EXPECT_EQ(window.count(limit, t0 + 1h), 0);
}

TEST(restart_window, counts_what_it_refused) {
  restart_window window;
  const intensity limit{1, 10s};
  window.admit(limit, t0);
  EXPECT_FALSE(window.admit(limit, t0 + 9s));
  EXPECT_FALSE(window.admit(limit, t0 + 18s));
}

TEST(restart_window, of_intensity_zero_refuses_the_first) {
  restart_window window;
  EXPECT_FALSE(window.admit({0, 10s}, t0));
}

TEST(restart_window, forgets_when_cleared) {
  restart_window window;
  window.admit({1, 10s}, t0);
  window.clear();
  EXPECT_TRUE(window.admit({1, 10s}, t0));
}

// -- restart_plan -------------------------------------------------------------

using indices = std::vector<std::size_t>;

TEST(restart_plan, follows_the_strategy) {
  const std::vector<member> members{{true, true}, {false, true}, {true, true}, {true, true}};
  EXPECT_EQ(plan_restart(strategy::one_for_one, members, 1), (restart_plan{{}, {1}}));
  EXPECT_EQ(plan_restart(strategy::rest_for_one, members, 1), (restart_plan{{3, 2}, {1, 2, 3}}));
  EXPECT_EQ(plan_restart(strategy::one_for_all, members, 1),
            (restart_plan{{3, 2, 0}, {0, 1, 2, 3}}));
}

TEST(restart_plan, stops_what_failed_if_it_is_alive) {
  const std::vector<member> members{{true, true}, {true, true}, {true, true}};
  EXPECT_EQ(plan_restart(strategy::one_for_one, members, 1), (restart_plan{{1}, {1}}));
  EXPECT_EQ(plan_restart(strategy::rest_for_one, members, 1), (restart_plan{{2, 1}, {1, 2}}));
}

TEST(restart_plan, leaves_out_who_may_not_be_started) {
  const std::vector<member> members{{true, false}, {false, true}, {false, false}, {false, true}};
  EXPECT_EQ(plan_restart(strategy::one_for_all, members, 1), (restart_plan{{0}, {1, 3}}));
}

// -- restart_policy -----------------------------------------------------------

struct policy_fixture : testing::Test {
  policy_fixture() {
    spec.backoff = {false, 1s, 2, 5min, 0.2};
  }

  restart_decision decide(bool clean = false) {
    return decide_restart(spec, {limit, window}, clean, history, now, 0);
  }

  restart_spec spec;
  intensity limit{3, 10min};
  restart_history history;
  restart_window window;
  mono_time now = t0;
};

TEST_F(policy_fixture, type_decides_first) {
  struct row {
    restart_type type;
    bool clean;
    restart_answer expected;
  };
  const row table[] = {
    {restart_type::permanent, false, restart_answer::restart},
    {restart_type::permanent, true, restart_answer::restart},
    {restart_type::transient, false, restart_answer::restart},
    {restart_type::transient, true, restart_answer::leave},
    {restart_type::temporary, false, restart_answer::leave},
    {restart_type::temporary, true, restart_answer::leave},
  };
  for (const auto& row : table) {
    window.clear();
    spec.type = row.type;
    EXPECT_EQ(decide(row.clean).what, row.expected) << to_string(row.type) << row.clean;
    EXPECT_EQ(window.count(limit, now), row.expected == restart_answer::restart ? 1 : 0)
      << "what is left is not counted";
  }
}

TEST_F(policy_fixture, waits_longer_each_time_until_it_refuses) {
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto d = decide();
    EXPECT_EQ(d.what, restart_answer::restart);
    EXPECT_EQ(d.attempt, attempt);
    EXPECT_EQ(d.delay, 1s * (1 << (attempt - 1)));
    EXPECT_EQ(d.restarts_in_window, attempt);
    now += 30s;
  }
  EXPECT_EQ(decide().what, restart_answer::refuse);
}

TEST_F(policy_fixture, a_stable_run_lets_the_backoff_begin_anew) {
  decide();
  decide();
  history.healthy_since = t0 + 10s;
  history.last_good = t0 + 70s;
  EXPECT_EQ(decide().attempt, 1);
  EXPECT_FALSE(history.healthy_since) << "that run is over";
  history.healthy_since = t0 + 100s;
  history.last_good = t0 + 159s;
  limit.restarts = 10;
  EXPECT_EQ(decide().attempt, 2);
}

TEST_F(policy_fixture,
       a_clean_exit_that_is_uncounted_waits_for_the_first_delay_and_changes_nothing) {
  spec.clean_exit = clean_exit::uncounted;
  decide();
  decide();
  for (int i = 0; i < 100; ++i) {
    const auto d = decide(true);
    EXPECT_EQ(d.what, restart_answer::restart);
    EXPECT_EQ(d.delay, 1s);
    EXPECT_TRUE(d.uncounted);
    EXPECT_EQ(explain(d, spec, limit), "a clean exit is not counted; delay 1 s = 1 s");
  }
  EXPECT_EQ(window.count(limit, now), 2);
  const auto next = decide();
  EXPECT_EQ(next.attempt, 3) << "a crash backs off as ever";
  EXPECT_EQ(next.delay, 4s);
  EXPECT_EQ(decide().what, restart_answer::refuse);
}

TEST_F(policy_fixture, uncounted_exits_alone_for_long_enough_let_the_backoff_begin_anew) {
  spec.clean_exit = clean_exit::uncounted;
  decide();
  decide();
  decide(true);
  now += 59s;
  decide(true);
  EXPECT_EQ(history.attempt, 2);
  now += 1s;
  EXPECT_TRUE(decide(true).was_stable);
  EXPECT_EQ(decide().attempt, 1);
  now += 30s;
  decide(true);
  now += 59s;
  decide(true);
  EXPECT_EQ(history.attempt, 1) << "counted from the first after the crash";
}

TEST_F(policy_fixture, a_clean_exit_of_what_is_not_permanent_is_never_followed_by_a_restart) {
  spec.clean_exit = clean_exit::uncounted;
  for (const auto type : {restart_type::transient, restart_type::temporary}) {
    spec.type = type;
    EXPECT_EQ(decide(true).what, restart_answer::leave);
  }
}

TEST_F(policy_fixture, the_jitter_makes_a_wait_longer_by_up_to_its_share) {
  spec.backoff.jitter = 0.5;
  const auto with = [&](double random) {
    restart_history none;
    restart_window empty;
    return decide_restart(spec, {limit, empty}, false, none, now, random).delay;
  };
  EXPECT_EQ(with(0), 1s);
  EXPECT_EQ(with(1), 1500ms);
}

TEST_F(policy_fixture, stable_means_as_long_as_twice_the_delay_or_as_said) {
  history.healthy_since = t0;
  history.last_good = t0 + 5min;
  EXPECT_TRUE(was_stable(spec, history));
  history.last_delay = 3min;
  EXPECT_FALSE(was_stable(spec, history));
  spec.reset_after = 5min;
  EXPECT_TRUE(was_stable(spec, history));
  history.last_good.reset();
  EXPECT_FALSE(was_stable(spec, history)) << "time alone is no proof";
}

} // namespace
} // namespace reeve
