#include "supervisor/checks/health_machine.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

constexpr mono_time t0{1h};

check_verdict verdict_of(char c) {
  switch (c) {
  case 'o':
    return {check_result::ok, ""};
  case 'd':
    return {check_result::degraded, "slow"};
  case 'f':
    return {check_result::failed, "refused"};
  case 'u':
    return {check_result::unknown, "out of sockets"};
  default:
    return {check_result::skipped, "still running"};
  }
}

/// The health after each verdict, by first letter; `?` is unknown, `!` unhealthy.
std::string play(const std::string& verdicts, const thresholds& limits) {
  auto machine = restarted(t0);
  std::string seen;
  for (const char c : verdicts) {
    const auto was = machine.health;
    const auto next = step(machine, verdict_of(c), limits, t0 + 1s);
    EXPECT_EQ(next.changed, next.next.health != was);
    machine = next.next;
    seen += "hds?!"[static_cast<std::size_t>(machine.health)];
  }
  return seen;
}

TEST(health_machine, follows_its_drawing) {
  struct row {
    const char* verdicts;
    const char* expected;
    thresholds limits;
  };
  const row table[] = {
    {"offf", "hhh!", {3, 1, 0ms}},
    {"fff", "ss!", {3, 1, 0ms}},
    {"offoff", "hhhhhh", {3, 1, 0ms}},
    {"f", "!", {1, 1, 0ms}},
    {"odo", "hdh", {3, 1, 0ms}},
    {"oo", "sh", {3, 2, 0ms}},
    {"od", "sd", {3, 2, 0ms}},
    {"fffofoo", "ss!!!!h", {3, 2, 0ms}},
    {"oodff", "shdd!", {2, 2, 0ms}},
    // unknown leaves both streaks alone
    {"ofufuf", "hhhhh!", {3, 1, 0ms}},
    {"ouuu", "hhh?", {3, 1, 0ms}},
    {"ouuuo", "hhh?h", {3, 1, 0ms}},
    {"ouuuf", "hhh?h", {3, 1, 0ms}},
    {"ouuuuu", "hhh???", {3, 1, 0ms}},
    {"fffuuuo", "ss!!!?h", {3, 1, 0ms}},
    {"fffuuuf", "ss!!!?!", {3, 1, 0ms}},
    {"uuu", "ss?", {3, 1, 0ms}},
    {"ouuouuu", "hhhhhh?", {3, 1, 0ms}},
    // skipped changes nothing
    {"offsf", "hhhh!", {3, 1, 0ms}},
    {"sss", "sss", {1, 1, 0ms}},
  };
  for (const auto& row : table)
    EXPECT_EQ(play(row.verdicts, row.limits), row.expected) << row.verdicts;
}

TEST(health_machine, does_not_count_failures_inside_the_start_period) {
  const thresholds limits{2, 1, 10s};
  auto machine = restarted(t0);
  for (int i = 0; i < 5; ++i)
    machine = step(machine, verdict_of('f'), limits, t0 + 9s).next;
  EXPECT_EQ(machine.health, health::starting);
  EXPECT_EQ(machine.failures, 0);
  EXPECT_EQ(machine.reason, "refused");
  machine = step(machine, verdict_of('f'), limits, t0 + 10s).next;
  EXPECT_EQ(machine.health, health::unhealthy) << "it has failed to start";
}

TEST(health_machine, the_start_period_ends_with_the_first_success) {
  const thresholds limits{1, 1, 10s};
  auto machine = step(restarted(t0), verdict_of('o'), limits, t0 + 1s).next;
  machine = step(machine, verdict_of('f'), limits, t0 + 2s).next;
  EXPECT_EQ(machine.health, health::unhealthy);
}

TEST(health_machine, takes_facts_at_once) {
  const thresholds limits{3, 3, 10s};
  auto machine = restarted(t0);
  EXPECT_EQ(step_fact(machine, verdict_of('f'), limits, t0 + 1s).next.health, health::starting)
    << "a file left by the last run";
  EXPECT_EQ(step_fact(machine, verdict_of('f'), limits, t0 + 11s).next.health, health::unhealthy);
  machine = step_fact(machine, verdict_of('o'), limits, t0 + 1s).next;
  EXPECT_EQ(machine.health, health::healthy);
  EXPECT_EQ(step_fact(machine, verdict_of('u'), limits, t0 + 2s).next.health, health::unknown);
  EXPECT_EQ(step_fact(machine, verdict_of('f'), limits, t0 + 2s).next.health, health::unhealthy);
}

TEST(health_machine, tells_why_it_is_not_healthy) {
  const thresholds limits{2, 1, 0ms};
  auto machine = step(restarted(t0), verdict_of('d'), limits, t0).next;
  EXPECT_EQ(machine.reason, "slow");
  machine = step(machine, verdict_of('o'), limits, t0).next;
  EXPECT_EQ(machine.reason, "");
  machine = step(machine, verdict_of('f'), limits, t0).next;
  EXPECT_EQ(machine.reason, "") << "one failure of two";
  machine = step(machine, verdict_of('f'), limits, t0).next;
  EXPECT_EQ(machine.reason, "refused");
  EXPECT_EQ(machine.failures, 2);
}

} // namespace
} // namespace reeve
