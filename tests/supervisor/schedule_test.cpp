#include "supervisor/checks/health_machine.hpp"
#include "supervisor/checks/schedule.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

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

TEST(schedule, has_its_usual_time_after_now_and_never_at_it) {
  EXPECT_EQ(usual_time(t0, 10s, t0 - 1ns), t0);
  EXPECT_EQ(usual_time(t0, 10s, t0), t0 + 10s);
  EXPECT_EQ(usual_time(t0, 10s, t0 + 10s), t0 + 20s);
}

TEST(schedule, looks_more_often_until_the_first_verdict) {
  EXPECT_EQ(starting_interval(30s), 1s);
  EXPECT_EQ(starting_interval(250ms), 250ms);
}

// -- asked again sooner -----------------------------------------------------------------

check_spec check_of(std::chrono::milliseconds interval) {
  check_spec check;
  check.interval = interval;
  return check;
}

/// After verdicts by first letter: ok, degraded, failed, unknown.
health_machine after(std::string_view verdicts, const check_spec& check) {
  const thresholds limits{check.unhealthy_after, check.healthy_after, check.start_period};
  auto machine = restarted(t0);
  for (const char c : verdicts) {
    const auto result = c == 'o'   ? check_result::ok
                        : c == 'd' ? check_result::degraded
                        : c == 'f' ? check_result::failed
                                   : check_result::unknown;
    machine = step(machine, {result, "why"}, limits, t0 + 1s).next;
  }
  return machine;
}

TEST(schedule, asks_again_sooner_for_as_long_as_something_is_to_be_confirmed) {
  constexpr auto usual = std::nullopt;
  using pause = std::optional<std::chrono::milliseconds>;
  struct row {
    const char* verdicts;
    pause expected; ///< of a check each minute
    const char* why;
  };
  const row table[] = {
    {"o", usual, "it is well"},
    {"d", usual, "a degraded one is well enough"},
    {"of", 5s, "it is to be confirmed"},
    {"off", 5s, ""},
    {"df", 5s, ""},
    {"ofo", usual, "it was nothing"},
    {"offf", 5s, "unhealthy: is it back?"},
    {"offff", 10s, "the longer it is down, the more seldom"},
    {"offfff", 20s, ""},
    {"offffff", 40s, ""},
    {"offfffff", usual, "twice that is more than the interval"},
    {"offffffffffffffffffffffffffffffffffffff", usual, "and so it stays"},
    {"offfo", usual, "well again"},
    {"offfd", usual, ""},
    // What never was well may still be starting.
    {"", 1s, "the first verdict is wanted soon"},
    {"f", 15s, "it has time to start"},
    {"ff", 15s, ""},
    {"fff", 5s, "unhealthy, as any other"},
    // Runs that could not be made.
    {"u", 2s, "none of the first verdict's"},
    {"uu", 4s, ""},
    {"uuuuuu", usual, ""},
    {"ou", 30s, "nothing is known to be wrong"},
    {"ouu", usual, ""},
    {"ouuuu", usual, ""},
    {"ofu", 10s, "the failure still waits to be confirmed"},
    {"ofuu", 20s, ""},
    {"ofuuuu", usual, ""},
    {"ofuf", 5s, "that said something again"},
    {"fu", 30s, ""},
    {"offfu", 10s, ""},
  };
  for (const auto& [verdicts, expected, why] : table) {
    const auto check = check_of(1min);
    EXPECT_EQ(pause_after(after(verdicts, check), check), expected) << verdicts << ' ' << why;
  }
}

TEST(schedule, confirms_a_recovery_as_soon_as_a_failure) {
  auto check = check_of(1h);
  check.healthy_after = 3;
  EXPECT_EQ(pause_after(after("ooofffffo", check), check), 5s) << "one of three";
  EXPECT_EQ(pause_after(after("ooofffffoo", check), check), 5s);
  EXPECT_EQ(pause_after(after("ooofffffooo", check), check), std::nullopt);
  EXPECT_EQ(pause_after(after("o", check), check), 5s) << "after a start, too";
}

TEST(schedule, asks_no_more_often_than_by_the_interval_where_that_is_short) {
  for (const auto interval : {10ms, 1'000ms, 5'000ms})
    for (const auto* verdicts : {"of", "offf", "f", "ou", "ofu"}) {
      const auto check = check_of(interval);
      EXPECT_EQ(pause_after(after(verdicts, check), check), std::nullopt) << verdicts;
    }
  auto often = check_of(10s);
  often.retry = 500ms;
  EXPECT_EQ(pause_after(after("of", often), often), 500ms);
  auto seldom = check_of(2min);
  seldom.retry = 40s;
  EXPECT_EQ(pause_after(after("of", seldom), seldom), 40s);
  EXPECT_EQ(pause_after(after("f", seldom), seldom), 40s) << "longer than what a start is given";
}

TEST(schedule, waits_for_a_start_in_its_start_period) {
  auto check = check_of(1h);
  check.start_period = 1min;
  EXPECT_EQ(pause_after(after("ffff", check), check), 1s) << "none of them counts";
}

TEST(schedule, a_pause_begins_at_the_end_of_the_run_and_ends_a_little_early) {
  const auto first = first_due("web", 1h, t0);
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1'000; ++i) {
    const auto due =
      due_again("service-" + std::to_string(i), {t0 + 1min, t0 + 65s}, 5s, first, 1h);
    EXPECT_EQ(due.time_since_epoch() % schedule_grid, 0ns);
    ASSERT_GT(due, t0 + 65s + 4'500ms);
    ASSERT_LE(due, t0 + 65s + 5s);
    ++tenths[static_cast<std::size_t>((due - t0 - 65s - 4'501ms) / 50ms)];
  }
  for (const int in_this : tenths)
    EXPECT_GT(in_this, 60) << "a thousand that failed together are not asked together";
}

TEST(schedule, a_usual_time_that_comes_before_the_end_of_the_pause_counts) {
  const check_run hung{t0, t0 + 5s};
  EXPECT_EQ(due_again("web", hung, 5s, t0, 6s), t0 + 6s) << "never later than without a retry";
  const check_run refused{t0 + 29s, t0 + 29s};
  EXPECT_GT(due_again("web", refused, 5s, t0, 30s), t0 + 33s) << "it is no second opinion";
  const check_run early{t0 + 1s, t0 + 1s};
  EXPECT_LE(due_again("web", early, 5s, t0 + 10min, 30s), t0 + 6s) << "before its first usual time";
}

/// From a fault that comes anywhere in an interval until it is unhealthy, in seconds, mean. A
/// hung run takes the whole timeout, a refused one no time.
double mean_detection(const check_spec& check, std::chrono::milliseconds run_takes) {
  constexpr int faults = 1'000;
  std::chrono::nanoseconds total{0};
  const auto first = first_due("web", check.interval, t0);
  for (int i = 0; i < faults; ++i) {
    const auto fault = t0 + 1h + check.interval * i / faults;
    auto machine = after("o", check);
    auto begins = usual_time(first, check.interval, fault);
    for (;;) {
      const auto ends = begins + run_takes;
      machine = step(machine, {check_result::failed, "dead"}, {check.unhealthy_after}, ends).next;
      if (machine.health == health::unhealthy) {
        total += ends - fault;
        break;
      }
      const auto pause = pause_after(machine, check);
      begins = pause ? due_again("web", {begins, ends}, *pause, first, check.interval)
                     : usual_time(first, check.interval, ends);
    }
  }
  return std::chrono::duration<double>(total).count() / faults;
}

TEST(schedule, calls_dead_what_is_dead_within_half_an_interval_and_two_retries) {
  const auto usual = check_of(30s);
  EXPECT_NEAR(mean_detection(usual, 5s), 15 + 5 + 2 * (5 + 5), 1) << "it hangs";
  EXPECT_NEAR(mean_detection(usual, 0s), 15 + 2 * 5, 1) << "it refuses";
  const auto hourly = check_of(1h);
  EXPECT_NEAR(mean_detection(hourly, 0s), 1800 + 2 * 5, 5) << "not two hours more";
}

TEST(schedule, never_confirms_later_than_by_the_interval_alone) {
  for (const auto interval : {2s, 5s, 6s, 7s, 10s, 11s, 15s, 30s}) {
    const auto check = check_of(interval);
    for (const std::chrono::milliseconds takes : {0ms, 300ms, 1'900ms}) {
      const auto in_seconds = [](auto t) { return std::chrono::duration<double>(t).count(); };
      EXPECT_LE(mean_detection(check, takes), in_seconds(2.5 * interval + takes) + 0.1)
        << interval.count() << " s, " << takes.count() << " ms";
    }
  }
}

TEST(schedule, a_witness_is_fresh_until_it_would_be_asked_again_anyway) {
  const auto check = check_of(30s);
  EXPECT_TRUE(is_fresh_witness(check, t0, t0 + 1s));
  EXPECT_TRUE(is_fresh_witness(check, t0, t0 + 4'999ms));
  EXPECT_FALSE(is_fresh_witness(check, t0, t0 + 5s));
  EXPECT_FALSE(is_fresh_witness(check_of(500ms), t0, t0 + 600ms));
}

} // namespace
} // namespace reeve
