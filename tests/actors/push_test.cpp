#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;

namespace {

using kind = push_signal::kind;

check_spec push_spec(const std::string& token) {
  check_spec check;
  check.name = "push";
  check.target = push_check{token, 1h, 5min};
  return check;
}

service_spec backup_job(const std::string& token = "token") {
  service_spec service;
  service.name = "backup";
  service.checks = {push_spec(token)};
  return service;
}

} // namespace

class push : public daemon_fixture {
protected:
  void begin(daemon_spec spec) {
    start(std::move(spec));
    advance(0s); // what is due at once
  }
  bool say(kind what = kind::success, const std::string& message = "",
           const std::string& token = "token") {
    const bool known = daemon_->push(token, {what, std::nullopt, message});
    run();
    return known;
  }
  check_picture check_of_backup() {
    return picture("backup")->checks.at(0);
  }
  wall_time in(std::chrono::milliseconds d) {
    return world_.functions().now().wall + d;
  }
};

TEST_F(push, is_good_before_anything_came_and_waits_for_its_deadline) {
  begin(daemon_of({backup_job()}));
  EXPECT_EQ(health_of("backup"), health::healthy);
  EXPECT_TRUE(daemon_->ready());
  EXPECT_EQ(check_of_backup().next_check, in(65min));
}

TEST_F(push, is_missed_exactly_at_the_deadline) {
  begin(daemon_of({backup_job()}));
  advance(10min);
  EXPECT_TRUE(say());
  EXPECT_EQ(check_of_backup().next_check, in(65min));
  advance(65min - 1ms);
  EXPECT_EQ(health_of("backup"), health::healthy);
  advance(1ms);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  EXPECT_EQ(picture("backup")->reason,
            "the last push came 1h5m ago, expected every 1h with 5m of grace");
  EXPECT_EQ(check_of_backup().next_check, std::nullopt);
}

TEST_F(push, that_is_not_missed_wakes_nobody) {
  begin(daemon_of({backup_job()}));
  const auto runs = [&] {
    const auto text = metrics();
    const std::string series = R"(reeve_checks_total{service="backup",check="push",result="ok"} )";
    return std::stoi(text.substr(text.find(series) + series.size()));
  };
  EXPECT_EQ(runs(), 1);
  advance(65min - 1ms);
  EXPECT_EQ(runs(), 1);
}

TEST_F(push, of_a_failure_counts_at_once_and_success_heals) {
  begin(daemon_of({backup_job()}));
  say(kind::failure, "disk full");
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  EXPECT_EQ(picture("backup")->reason, "it told a failure: disk full");
  advance(10h);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  say(kind::start);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  say();
  EXPECT_EQ(health_of("backup"), health::healthy);
  EXPECT_EQ(picture("backup")->reason, "");
}

TEST_F(push, of_a_failure_is_told_though_a_success_came_in_the_same_breath) {
  begin(daemon_of({backup_job()}));
  daemon_->push("token", {kind::failure, 2, ""});
  daemon_->push("token", {});
  run();
  EXPECT_EQ(health_of("backup"), health::healthy);
  EXPECT_NE(
    metrics().find(R"(reeve_checks_total{service="backup",check="push",result="failed"} 1)"),
    std::string::npos);
}

TEST_F(push, tells_how_long_a_run_took_and_wants_its_end) {
  begin(daemon_of({backup_job()}));
  say(kind::start);
  EXPECT_EQ(check_of_backup().next_check, in(5min));
  advance(2min);
  say();
  EXPECT_EQ(check_of_backup().latency, 2min);
  EXPECT_EQ(check_of_backup().next_check, in(65min));
  say(kind::start);
  advance(5min - 1ms);
  EXPECT_EQ(health_of("backup"), health::healthy);
  advance(1ms);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
}

TEST_F(push, with_a_token_that_nobody_has_is_refused) {
  begin(daemon_of({backup_job()}));
  EXPECT_FALSE(say(kind::failure, "", "another"));
  EXPECT_FALSE(say(kind::failure, "", ""));
  EXPECT_EQ(health_of("backup"), health::healthy);
}

TEST_F(push, keeps_its_deadline_when_its_probe_crashes) {
  begin(daemon_of({backup_job()}));
  advance(10min);
  say();
  const auto deadline = now() + 65min;
  advance(30min);
  kill("probe/backup");
  advance(0s);
  EXPECT_EQ(health_of("backup"), health::healthy);
  EXPECT_EQ(check_of_backup().next_check,
            in(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now())));
  advance(deadline - now() - 1ms);
  EXPECT_EQ(health_of("backup"), health::healthy);
  advance(1ms);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
}

TEST_F(push, is_heard_while_its_probe_is_away) {
  begin(daemon_of({backup_job()}));
  daemon_->kill("probe/backup");
  daemon_->push("token", {kind::failure, std::nullopt, "disk full"});
  advance(1s);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  EXPECT_EQ(picture("backup")->reason, "it told a failure: disk full");
}

TEST_F(push, keeps_its_deadline_over_a_reload) {
  begin(daemon_of({backup_job()}));
  advance(10min);
  say();
  advance(30min);
  auto changed = backup_job();
  changed.checks[0].role = role::readiness;
  changed.checks[0].name = "job";
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({changed})));
  advance(0s);
  EXPECT_EQ(check_of_backup().next_check, in(35min));
  advance(35min);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
}

TEST_F(push, takes_a_new_token_after_a_reload_and_the_old_one_no_more) {
  begin(daemon_of({backup_job()}));
  advance(30min);
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({backup_job("fresh")})));
  advance(0s);
  EXPECT_FALSE(say());
  EXPECT_TRUE(say(kind::success, "", "fresh"));
  EXPECT_EQ(check_of_backup().next_check, in(65min));
}

TEST_F(push, that_waited_for_a_reeve_that_was_not_there_is_heard_before_it_is_missed) {
  begin(daemon_of({backup_job()}));
  scheduler_.clock().current_time += 2h; // stopped, say
  scheduler_.clock().trigger_expired_timeouts();
  run();
  EXPECT_EQ(health_of("backup"), health::healthy);
  say();
  advance(1min);
  EXPECT_EQ(health_of("backup"), health::healthy);

  scheduler_.clock().current_time += 2h;
  scheduler_.clock().trigger_expired_timeouts();
  run();
  advance(1s);
  EXPECT_EQ(health_of("backup"), health::unhealthy) << "and then it is missed";
}

TEST_F(push, restarts_what_missed_it_and_gives_it_a_new_deadline) {
  auto mailer = process_service("backup");
  mailer.checks = {push_spec("token")};
  begin(daemon_of({mailer}));
  world_.operations.clear();
  say(kind::failure);
  advance(2s);
  EXPECT_FALSE(world_.operations.empty());
  EXPECT_EQ(health_of("backup"), health::healthy) << "what the old process told is forgotten";
  world_.operations.clear();
  advance(64min);
  EXPECT_TRUE(world_.operations.empty());
  advance(2min);
  EXPECT_FALSE(world_.operations.empty());
}

TEST_F(push, never_shows_a_token) {
  begin(daemon_of({backup_job("s3cret-token-1234")}));
  say(kind::failure, "no", "s3cret-token-1234");
  EXPECT_EQ(metrics().find("s3cret"), std::string::npos);
  EXPECT_EQ(log_.text().find("s3cret"), std::string::npos);
}
