#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;

/// What outlives Reeve: handed over while it lives, and taken over by the next when it was killed.
class memory : public daemon_fixture {
protected:
  void another_reeve(daemon_spec spec) {
    auto left = kill_reeve();
    world_.operations.clear();
    start(std::move(spec), std::move(left));
  }

  /// Is to say once an hour that it is well.
  static daemon_spec a_backup() {
    service_spec backup;
    backup.name = "backup";
    check_spec check;
    check.name = "push";
    check.target = push_check{"token", 1h, 5min};
    backup.checks = {check};
    return daemon_of({backup});
  }

  static daemon_spec two() {
    auto a = process_service("a");
    a.restart.backoff = {false, 10s, 2, 10min, 0};
    return daemon_of({a, container_service("c")});
  }

  /// Both are sick.
  daemon_spec web_that_needs_db() {
    auto db = web_service("db");
    db.restart.target = {};
    auto web = web_service("web");
    web.depends_on = {"db"};
    for (const auto* url : {"http://db", "http://web"})
      world_.answers(url, 500);
    return daemon_of({db, web});
  }
};

TEST_F(memory, of_counters_goes_on_in_pictures) {
  start(two());
  child_exits("a", 1);
  advance(10s);
  ASSERT_EQ(picture("a")->restarts, 1U);
  another_reeve(two());
  EXPECT_EQ(world_.operations, (strings{"start a"}));
  EXPECT_EQ(picture("a")->restarts, 1U) << "to start it again is no restart";
  EXPECT_EQ(picture("a")->attempt, 1);
  child_exits("a", 1);
  advance(20s);
  EXPECT_EQ(picture("a")->restarts, 2U);
  EXPECT_EQ(picture("a")->attempt, 2);
  EXPECT_NE(
    metrics().find(R"(reeve_service_restarts_total{service="a",group="root",reason="exited"} 1)"),
    std::string::npos)
    << "that counts since this Reeve began";
}

TEST_F(memory, of_decisions_goes_on_in_pictures) {
  start(two());
  child_exits("a", 1);
  advance(10s);
  const auto before = *picture("a")->record;
  ASSERT_EQ(before.newest.size(), 3U) << "wait, restart, healthy";
  ASSERT_TRUE(before.last_outcome);
  another_reeve(two());
  ASSERT_TRUE(picture("a")->record);
  EXPECT_EQ(*picture("a")->record, before) << "to start it again is no decision";
  EXPECT_FALSE(picture("c")->record);
  advance(1min);
  child_exits("a", 1);
  const auto after = *picture("a")->record;
  EXPECT_EQ(after.total, before.total + 2);
  EXPECT_EQ(after.newest[0], before.newest[0]);
  EXPECT_EQ(describe(std::get<restart_judged>(after.last_outcome->what)), "relapsed after 1m")
    << "that was a restart of the Reeve before";
  EXPECT_EQ(*world_.kept_records.at("a").record, after);
}

TEST_F(memory, of_decisions_is_the_newest_only) {
  world_.failing["a"] = "no such file";
  start(two());
  advance(24h);
  const auto before = *picture("a")->record;
  ASSERT_EQ(before.newest.size(), restart_record::most);
  another_reeve(two());
  EXPECT_EQ(*picture("a")->record, before);
  kill("aggregator");
  EXPECT_EQ(*picture("a")->record, before);
  give("a", order::restart);
  EXPECT_EQ(picture("a")->record->newest.size(), restart_record::most);
  EXPECT_GT(picture("a")->record->total, before.total);
}

TEST_F(memory, of_a_wait_is_of_the_time_when_it_ends) {
  start(two());
  child_exits("a", 1);
  const auto due = picture("a")->next_restart;
  advance(4s);
  another_reeve(two());
  EXPECT_EQ(world_.operations, strings{});
  EXPECT_EQ(supervision_of("a"), supervision::waiting);
  EXPECT_EQ(picture("a")->next_restart, due);
  EXPECT_TRUE(daemon_->ready() || picture("c")->health == health::starting);
  advance(6s - 1ms);
  EXPECT_EQ(world_.operations, strings{});
  advance(1ms);
  EXPECT_EQ(world_.operations, (strings{"start a"}));
}

TEST_F(memory, of_what_a_person_said_is_kept_before_the_answer) {
  start(two());
  world_.holds_keeping = true;
  std::optional<order_reply> reply;
  daemon_->give_order("a", order::pause, [&](order_reply r) { reply = std::move(r); });
  run();
  EXPECT_FALSE(reply);
  EXPECT_EQ(supervision_of("a"), supervision::paused) << "only the answer waits";
  EXPECT_EQ(world_.kept_services.at("a").state, supervision::paused);
  world_.let_keep();
  run();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->what, order_answer::accepted);
}

TEST_F(memory, of_a_stopped_container_is_told_to_the_engine) {
  start(two());
  give("c", order::stop);
  EXPECT_EQ(world_.remembered_stopped, (std::set<std::string>{"c"}));
  world_.remembered_stopped.clear();
  another_reeve(two());
  EXPECT_EQ(supervision_of("c"), supervision::stopped);
  EXPECT_EQ(world_.remembered_stopped, (std::set<std::string>{"c"}));
}

TEST_F(memory, is_not_lost_with_the_restarter) {
  start(two());
  kill("restarter");
  child_exits("a", 1);
  kill("restarter");
  EXPECT_EQ(world_.kept_services.at("a").state, supervision::waiting);
  EXPECT_EQ(world_.kept_services.at("a").attempt, 1);
  EXPECT_EQ(world_.kept_groups.at("root").restarts.size(), 1U);
}

TEST_F(memory, of_what_is_no_longer_in_the_config_goes) {
  start(two());
  child_exits("a", 1);
  ASSERT_FALSE(is_blank(world_.kept_services.at("a")));
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({container_service("c")})));
  run();
  EXPECT_TRUE(is_blank(world_.kept_services.at("a"))) << "by a reload";
  EXPECT_TRUE(is_blank(world_.kept_records.at("a")));
  world_.kept_services["gone"] = {.name = "gone", .restarts = 1};
  world_.kept_records["gone"] = {"gone", std::make_shared<restart_record>()};
  world_.kept_groups["gone"] = {.name = "gone", .on_trial = true};
  world_.kept_pushes["gone"] = {.service = "gone", .check = "push", .known_since = wall_time{}};
  another_reeve(daemon_of({container_service("c")}));
  EXPECT_TRUE(is_blank(world_.kept_services.at("gone"))) << "or meanwhile";
  EXPECT_TRUE(is_blank(world_.kept_records.at("gone")));
  EXPECT_TRUE(is_blank(world_.kept_groups.at("gone")));
  EXPECT_TRUE(is_blank(world_.kept_pushes.at("gone")));
}

TEST_F(memory, of_a_good_run_ends_its_backoff) {
  auto web = web_service("web");
  web.restart.backoff = {false, 10s, 2, 10min, 0};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  world_.answers("http://web", 200);
  give("web", order::pause);
  give("web", order::resume);
  advance(10s);
  ASSERT_TRUE(becomes("web", health::healthy));
  EXPECT_GE(world_.kept_services.at("web").attempt, 1);
  EXPECT_TRUE(world_.kept_services.at("web").healthy_since);
}

TEST_F(memory,
       of_a_run_whose_liveness_was_bad_for_long_is_of_no_good_run_though_readiness_was_good) {
  auto web = web_service("web");
  web.checks[0].unhealthy_after = 30;
  web.restart.backoff = {.initial = 1s, .jitter = 0};
  web.restart.reset_after = 60s;
  web.checks.push_back(http_spec("ready"));
  web.checks.back().name = "http-2";
  web.checks.back().role = role::readiness;
  world_.answers("http://ready", 200);
  start(daemon_of({web}));
  for (auto attempt = 1; attempt <= 2; ++attempt) {
    world_.answers("http://web", 200);
    ASSERT_TRUE(becomes("web", health::healthy));
    world_.answers("http://web", 500);
    ASSERT_TRUE(becomes("web", health::unhealthy));
    EXPECT_EQ(picture("web")->attempt, attempt);
    advance(2s);
  }
}

TEST_F(memory, of_what_was_held_restarts_nothing_before_a_look_at_both) {
  const auto spec = web_that_needs_db();
  start(spec);
  ASSERT_TRUE(becomes("db", health::unhealthy));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  ASSERT_EQ(picture("web")->reason,
            "status 500, expected 200-299; held: 'db' is unhealthy: status 500, expected 200-299");
  world_.hangs("http://db");
  another_reeve(spec);
  advance(1h);
  EXPECT_EQ(world_.operations, strings{});
  EXPECT_EQ(supervision_of("web"), supervision::waiting) << "nobody knows how db is";
  world_.hanging.clear();
  another_reeve(spec);
  advance(1h);
  EXPECT_EQ(world_.operations, strings{}) << "db is still down";
  world_.answers("http://db", 200);
  for (int i = 0; i < 600 && world_.operations.empty(); ++i)
    advance(100ms);
  EXPECT_EQ(world_.operations, strings{"restart web"});
  EXPECT_EQ(picture("web")->restarts, 1U);
  EXPECT_EQ(world_.kept_groups.at("root").restarts.size(), 0U) << "db explained it";
}

TEST_F(memory, of_what_was_held_and_is_well_again_is_no_reason_to_restart_it) {
  const auto spec = web_that_needs_db();
  start(spec);
  ASSERT_TRUE(becomes("web", health::unhealthy));
  ASSERT_TRUE(becomes("db", health::unhealthy));
  for (const auto* url : {"http://db", "http://web"})
    world_.answers(url, 200);
  another_reeve(spec);
  advance(1h);
  EXPECT_EQ(world_.operations, strings{});
  EXPECT_EQ(supervision_of("web"), supervision::running);
}

TEST_F(memory, of_a_push_holds_its_deadline) {
  const auto spec = a_backup();
  start(spec);
  advance(30min);
  ASSERT_TRUE(daemon_->push("token", {push_signal::kind::success, std::nullopt, ""}));
  run();
  advance(60min);
  another_reeve(spec);
  advance(0s);
  EXPECT_EQ(health_of("backup"), health::healthy);
  advance(5min);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
  another_reeve(spec);
  advance(0s);
  EXPECT_EQ(health_of("backup"), health::unhealthy) << "to be started anew is no excuse";
}

TEST_F(memory, of_a_push_that_never_came_counts_from_the_first_reeve) {
  const auto spec = a_backup();
  start(spec);
  advance(40min);
  another_reeve(spec);
  advance(25min);
  EXPECT_EQ(health_of("backup"), health::unhealthy);
}
