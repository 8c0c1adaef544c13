#include "actors/log_lines.hpp"

#include <gtest/gtest.h>

using namespace reeve;
using namespace reeve::actors;
using namespace std::chrono_literals;

namespace {

health_changed sick() {
  health_changed h;
  h.origin.service = "backend";
  h.from = health::healthy;
  h.to = health::unhealthy;
  h.reason = "status 500, expected 200-299";
  h.failures = 3;
  return h;
}

service_supervision in_state(supervision state) {
  service_supervision s;
  s.state = state;
  s.reason = "status 500, expected 200-299";
  s.restarts_in_window = 2;
  s.limit = {5, 10min};
  return s;
}

const mono_time start{};

} // namespace

TEST(log_lines, say_what_why_and_what_happens_next) {
  auto s = in_state(supervision::waiting);
  s.next_restart = start + 2s;
  EXPECT_EQ(joined(health_line(sick()), next_line(s, sick().reason, start)),
            "backend unhealthy after 3 failures (status 500, expected 200-299); "
            "restarting in 2 s, attempt 2 of 5");
}

TEST(log_lines, say_whose_window_an_attempt_is_counted_in) {
  auto s = in_state(supervision::waiting);
  s.next_restart = start + 2s;
  s.limit = {3, 5min};
  s.shares_window = true;
  s.group = "app";
  EXPECT_EQ(next_line(s, "", start), "restarting in 2 s, attempt 2 of 3 in group 'app'");
}

TEST(log_lines, do_not_count_the_failures_of_a_fact) {
  auto h = sick();
  h.alive = false;
  h.failures = 1;
  h.reason = "exited with code 1";
  EXPECT_EQ(health_line(h), "backend unhealthy (exited with code 1)");
}

TEST(log_lines, say_a_reason_once_when_giving_up) {
  auto s = in_state(supervision::given_up);
  s.reason += "; more than 5 restarts within 10m";
  s.next_restart = start + 10min;
  EXPECT_EQ(next_line(s, sick().reason, start),
            "giving up: more than 5 restarts within 10m; one careful try in 10m, "
            "or now by `reeve restart`");
  s.next_restart.reset();
  EXPECT_EQ(next_line(s, sick().reason, start),
            "giving up: more than 5 restarts within 10m; only `reeve restart` "
            "brings it back");
  s.ends_reeve = true;
  EXPECT_EQ(next_line(s, sick().reason, start), "giving up: more than 5 restarts within 10m");
}

TEST(log_lines, promise_no_restart_that_is_not_decided) {
  auto s = in_state(supervision::restarting);
  EXPECT_EQ(next_line(s, "", start), "restarting now, attempt 2 of 5");
  s.undecided = true;
  EXPECT_EQ(next_line(s, "", start), "what to do is decided when its group has started");
}

TEST(log_lines, say_how_an_operation_came_out) {
  EXPECT_EQ(operation_line("backend", "restarted", 1200ms, ""), "backend restarted in 1.2 s");
  EXPECT_EQ(operation_line("backend", "restarted", 1200ms, "no such container"),
            "backend could not be restarted: no such container");
}

TEST(log_lines, say_nothing_next_when_nothing_is_done) {
  EXPECT_EQ(
    joined("backend degraded (took 2.4 s)", next_line(in_state(supervision::running), "", start)),
    "backend degraded (took 2.4 s)");
}

TEST(log_lines, name_a_group_that_escalates_and_whose_failure_it_was) {
  const std::string reason = "group 'app' is exhausted: exited with code 9";
  EXPECT_EQ(escalation_line("app", reason, "web"),
            "group 'app' escalates: web failed (exited with code 9)");
  EXPECT_EQ(escalation_line("app", reason, ""), "group 'app' escalates: exited with code 9");
  EXPECT_EQ(escalation_line("root", reason, "web"), "group 'root' escalates: " + reason);
}
