#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;
using fact = io::container_fact::kind;

class probe : public daemon_fixture {
protected:
  /// Advances until it was asked once more, for two hours at most; how long that took.
  std::chrono::nanoseconds next_run(const std::string& service) {
    const auto& runs = world_.runs["http://" + service];
    const auto began = now();
    for (const auto before = runs; runs == before && now() - began < 2h;)
      advance(10ms);
    return now() - began;
  }

  /// Watched each `interval`, never restarted, and well.
  void start_well(const std::string& name, std::chrono::milliseconds interval) {
    auto service = web_service(name);
    service.checks[0].interval = interval;
    service.restart.target = {};
    world_.answers("http://" + name, 200);
    start(daemon_of({service}));
    advance(10s);
    ASSERT_EQ(health_of(name), health::healthy);
  }

  /// Of a series in the metrics text.
  double metric(const std::string& series) {
    const auto text = metrics();
    const auto at = text.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2, 30));
  }
};

TEST_F(probe, walks_through_the_thresholds) {
  world_.answers("http://web", 200);
  auto web = web_service("web");
  web.restart.backoff.initial = 1min;
  start(daemon_of({web}));
  EXPECT_EQ(health_of("web"), health::starting);
  advance(10s);
  EXPECT_EQ(health_of("web"), health::healthy);

  world_.answers("http://web", 500);
  next_run("web");
  next_run("web");
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_TRUE(world_.operations.empty());
  next_run("web");
  EXPECT_EQ(health_of("web"), health::unhealthy);
  EXPECT_EQ(picture("web")->reason, "status 500, expected 200-299");
}

TEST_F(probe, keeps_its_phase_and_does_not_drift) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(100s);
  const auto& times = world_.run_times["http://web"];
  ASSERT_EQ(times.size(), 10U);
  for (std::size_t i = 1; i < times.size(); ++i)
    EXPECT_EQ(times[i] - times[i - 1], 10s);
}

TEST_F(probe, calls_dead_what_is_asked_once_an_hour_ten_seconds_after_its_first_failure) {
  start_well("web", 1h);
  world_.answers("http://web", 500);
  EXPECT_GT(next_run("web"), 50min);
  EXPECT_EQ(health_of("web"), health::healthy);
  advance(10s);
  EXPECT_EQ(health_of("web"), health::unhealthy);
}

TEST_F(probe, asks_what_stays_down_more_and_more_seldom_and_then_in_its_phase_again) {
  start_well("web", 1min);
  const auto usual = world_.run_times["http://web"].back();
  world_.answers("http://web", 500);
  for (const auto pause : {60s, 5s, 5s, 5s, 10s, 20s}) {
    const auto took = next_run("web");
    EXPECT_LE(took, pause);
    EXPECT_GT(took, pause == 60s ? 0s : pause * 89 / 100);
  }
  advance(10min);
  const auto before = world_.runs["http://web"];
  advance(10min);
  EXPECT_EQ(world_.runs["http://web"] - before, 10);
  EXPECT_EQ((world_.run_times["http://web"].back() - usual) % 1min, 0s);
}

TEST_F(probe, returns_to_its_phase_when_it_is_well_again) {
  start_well("web", 1min);
  const auto usual = world_.run_times["http://web"].back();
  world_.answers("http://web", 500);
  next_run("web");
  EXPECT_LE(next_run("web"), 5s);
  world_.answers("http://web", 200);
  EXPECT_LE(next_run("web"), 5s);
  EXPECT_GT(next_run("web"), 45s);
  EXPECT_EQ((world_.run_times["http://web"].back() - usual) % 1min, 0s);
}

TEST_F(probe, tells_when_it_asks_again) {
  start_well("web", 1h);
  world_.answers("http://web", 500);
  next_run("web");
  advance(1s); // until it is shown
  const auto next = picture("web")->checks[0].next_check;
  ASSERT_TRUE(next);
  next_run("web");
  EXPECT_EQ(scripted_world::mono(*next), world_.run_times["http://web"].back());
}

TEST_F(probe, confirms_a_recovery_sooner_than_by_the_interval) {
  auto web = web_service("web");
  web.checks[0].interval = 1h;
  web.checks[0].healthy_after = 3;
  web.restart.target = {};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  world_.answers("http://web", 200);
  advance(15s);
  EXPECT_EQ(health_of("web"), health::healthy);
}

TEST_F(probe, gives_what_never_was_well_half_a_minute_at_least) {
  auto web = web_service("web");
  web.checks[0].interval = 1h;
  web.restart.target = {};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  advance(29s);
  EXPECT_EQ(health_of("web"), health::starting);
  advance(11s);
  EXPECT_EQ(health_of("web"), health::unhealthy) << "and not two hours";
}

TEST_F(probe, does_not_ask_every_second_for_ever_what_cannot_be_asked) {
  world_.cannot_run("http://web", "out of sockets");
  auto web = web_service("web");
  web.checks[0].interval = 1h;
  start(daemon_of({web}));
  advance(1h);
  EXPECT_LE(world_.runs["http://web"], 13);
  EXPECT_EQ(health_of("web"), health::unknown);
}

TEST_F(probe, a_run_between_that_hangs_over_a_usual_time_is_not_skipped) {
  start_well("web", 10s);
  world_.answers("http://web", 500);
  next_run("web");
  world_.hangs("http://web");
  EXPECT_LE(next_run("web"), 5s);
  const auto skipped = R"(reeve_checks_total{service="web",check="http",result="skipped"})";
  advance(9s); // over one usual time
  EXPECT_EQ(metric(skipped), 0);
  advance(10s); // over a second one
  EXPECT_EQ(metric(skipped), 1);
}

TEST_F(probe, counts_a_check_that_hangs_as_skipped_and_runs_one_at_a_time) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.hangs("http://web");
  advance(40s);
  EXPECT_EQ(world_.runs["http://web"], 2);
  EXPECT_NE(metrics().find(R"(reeve_checks_total{service="web",check="http",result="skipped"} 3)"),
            std::string::npos);
  EXPECT_EQ(health_of("web"), health::healthy);
}

TEST_F(probe, counts_a_wait_for_its_turn_as_lag_and_not_as_latency) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.hangs("http://web");
  const auto runs = world_.runs["http://web"];
  while (world_.runs["http://web"] == runs)
    advance(1s);
  advance(4s);
  const auto lag = metric("reeve_schedule_lag_seconds_sum");
  const auto took = metric(R"(reeve_check_duration_seconds_sum{service="web",check="http"})");
  auto outcome = world_.script["http://web"];
  outcome.waited = 3s;
  world_.ends("http://web", outcome);
  advance(10ms);
  EXPECT_EQ(metric("reeve_schedule_lag_seconds_sum") - lag, 3);
  const auto more =
    metric(R"(reeve_check_duration_seconds_sum{service="web",check="http"})") - took;
  EXPECT_GE(more, 1);
  EXPECT_LE(more, 2) << "four seconds and at most one more, without the three it waited";
}

TEST_F(probe, skips_a_check_that_still_waits_for_its_turn_and_says_so) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.hangs("http://web");
  advance(30s);
  EXPECT_NE(log_.text().find("web: check http skipped: the run before it is still under way\n"),
            std::string::npos);
  world_.queued.insert("http://web");
  advance(10s);
  EXPECT_NE(log_.text().find("web: check http skipped: the run before it still waits for its turn: "
                             "too many checks are under way\n"),
            std::string::npos);
}

TEST_F(probe, does_not_restart_for_unknown) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.cannot_run("http://web", "out of sockets");
  advance(10min);
  EXPECT_EQ(health_of("web"), health::unknown);
  EXPECT_EQ(picture("web")->reason, "out of sockets");
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(probe, shows_a_failed_readiness_check_and_orders_nothing) {
  auto web = web_service("web");
  web.checks[0].role = role::readiness;
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  advance(10min);
  EXPECT_EQ(health_of("web"), health::unhealthy);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(probe, checks_every_second_after_a_restart_until_the_first_verdict) {
  auto web = web_service("web");
  web.checks[0].start_period = 1min;
  web.checks[0].interval = 30s;
  world_.answers("http://web", 200);
  start(daemon_of({web}));
  advance(30s);
  world_.answers("http://web", 500);
  give("web", order::restart);
  const auto before = world_.runs["http://web"];
  advance(20s);
  EXPECT_GE(world_.runs["http://web"] - before, 19);
  world_.answers("http://web", 200);
  advance(1s);
  EXPECT_EQ(health_of("web"), health::healthy);
  const auto after = world_.runs["http://web"];
  advance(60s);
  EXPECT_EQ(world_.runs["http://web"] - after, 2);
}

TEST_F(probe, takes_an_old_beat_as_one_from_the_start) {
  auto mailer = process_service("mailer");
  check_spec beat;
  beat.name = "heartbeat";
  beat.target = heartbeat_check{"/tmp/beat"};
  beat.interval = 5s;
  beat.expect.age.unhealthy = 30s;
  mailer.checks = {beat};
  world_.script["heartbeat"].answer.age = 1h;
  start(daemon_of({mailer}));
  advance(20s);
  EXPECT_EQ(health_of("mailer"), health::healthy);
  advance(20s);
  EXPECT_GE(world_.operations.size(), 2U) << "no beat of its own came: it is restarted";
}

TEST_F(probe, takes_no_field_of_an_old_file_for_the_fresh_process) {
  auto mailer = process_service("mailer");
  check_spec file;
  file.name = "json";
  file.target = json_check{"/tmp/status.json"};
  file.interval = 5s;
  file.unhealthy_after = 1;
  file.role = role::readiness;
  file.expect.age.unhealthy = 30s;
  file.expect.fields = {{"status", parse_comparison("ready")}};
  mailer.checks = {file};
  auto& answer = world_.script["json"].answer;
  answer.age = 1h;
  answer.fields = {"broken"};
  start(daemon_of({mailer}));
  advance(20s);
  EXPECT_EQ(health_of("mailer"), health::healthy) << "the file is the old process'";
  answer.age = 1s;
  advance(5s);
  EXPECT_EQ(health_of("mailer"), health::unhealthy) << "now it is its own";
  EXPECT_EQ(picture("mailer")->reason, "status is 'broken', expected ready");
}

TEST_F(probe, waits_for_a_json_file_for_as_long_as_its_age_may_be) {
  auto mailer = process_service("mailer");
  check_spec file;
  file.name = "json";
  file.target = json_check{"/tmp/status.json"};
  file.interval = 5s;
  file.unhealthy_after = 1;
  file.expect.age.unhealthy = 30s;
  file.role = role::readiness;
  mailer.checks = {file};
  world_.script["json"] = {check_outcome::kind::failed, {}, "no JSON file"};
  start(daemon_of({mailer}));
  advance(29s);
  EXPECT_EQ(health_of("mailer"), health::healthy);
  advance(10s);
  EXPECT_EQ(health_of("mailer"), health::unhealthy);
  EXPECT_EQ(picture("mailer")->reason, "no JSON file");
}

TEST_F(probe, lets_checks_rest_while_the_process_is_down) {
  auto api = process_service("api");
  api.checks = {http_spec("api")};
  api.restart.type = restart_type::transient;
  world_.answers("http://api", 200);
  start(daemon_of({api}));
  advance(5s);
  EXPECT_EQ(health_of("api"), health::healthy);
  child_exits("api", 0);
  const auto before = world_.runs["http://api"];
  advance(1min);
  EXPECT_EQ(world_.runs["http://api"], before);
  EXPECT_EQ(supervision_of("api"), supervision::ended);
  EXPECT_EQ(health_of("api"), health::unknown);
}

TEST_F(probe, begins_with_a_new_check_when_its_service_went_down_while_one_hung) {
  auto api = process_service("api");
  api.checks = {http_spec("api")};
  api.restart.backoff = {.initial = 1s, .jitter = 0};
  world_.answers("http://api", 200);
  start(daemon_of({api}));
  advance(10s);
  world_.hangs("http://api");
  for (const auto runs = world_.runs["http://api"]; world_.runs["http://api"] == runs;)
    advance(1s);
  child_exits("api", 1);
  world_.hanging.clear();
  advance(3s); // the scripted check complains of a run while it runs
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("api")->restarts, 1U);
}

TEST_F(probe, is_unknown_while_the_engine_does_not_answer) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  EXPECT_EQ(health_of("db"), health::healthy);
  container_tells("db", fact::unreachable, "the Docker engine does not answer");
  EXPECT_EQ(health_of("db"), health::unknown);
  advance(1h);
  EXPECT_TRUE(world_.operations.empty());
  container_tells("db", fact::running, "");
  EXPECT_EQ(health_of("db"), health::healthy);
}

TEST_F(probe, acts_on_the_containers_own_healthcheck) {
  world_.containers["db"] = {fact::running, "", false, "healthy"};
  start(daemon_of({container_service("db")}));
  container_tells("db", fact::running, "its HEALTHCHECK fails: disk full", "unhealthy");
  EXPECT_EQ(health_of("db"), health::unhealthy);
  EXPECT_EQ(picture("db")->reason, "its HEALTHCHECK fails: disk full");
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"restart db"});
}
