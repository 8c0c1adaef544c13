// What the restarter waits for, and what it tells of its decisions.
#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;

class explained : public daemon_fixture {
protected:
  static service_spec needing(service_spec s, std::vector<std::string> names) {
    s.depends_on = std::move(names);
    return s;
  }
  static service_spec watched(const std::string& name) {
    auto s = web_service(name);
    s.restart.target = {};
    return s;
  }
  /// Its restart is due after a minute, and at 40 s nobody asks it before that.
  static service_spec looked_at(const std::string& name) {
    auto s = web_service(name);
    s.checks[0].interval = 1h;
    s.checks[0].unhealthy_after = 1;
    s.restart.backoff.initial = 1min;
    return s;
  }
  strings told(const std::string& service) {
    strings all;
    const auto record = picture(service)->record;
    for (const auto& entry : record ? record->newest : std::vector<restart_record::entry>{}) {
      const auto* d = std::get_if<decision>(&entry.what);
      all.push_back(d != nullptr ? std::string{to_string(d->what)} + ": " + d->numbers
                                 : describe(std::get<restart_judged>(entry.what)));
    }
    return all;
  }
};

TEST_F(explained, a_dependent_waits_for_its_dependency_and_comes_back_with_it) {
  world_.answers("http://db", 500);
  start(daemon_of({watched("db"), needing(process_service("api"), {"db"})}));
  ASSERT_TRUE(becomes("db", health::unhealthy));
  child_exits("api", 1);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_EQ(picture("api")->reason,
            "exited with code 1; held: 'db' is unhealthy: status 500, expected 200-299");
  advance(1h);
  EXPECT_EQ(world_.operations, strings{"start api"});
  world_.answers("http://db", 200);
  ASSERT_TRUE(becomes("db", health::healthy));
  advance(100ms);
  EXPECT_EQ(world_.operations, (strings{"start api", "start api"}));
  EXPECT_EQ(health_of("api"), health::healthy);
}

TEST_F(explained, readiness_of_the_dependency_counts) {
  auto db = watched("db");
  db.checks[0].role = role::readiness;
  world_.answers("http://db", 500);
  start(daemon_of({db, needing(process_service("api"), {"db"})}));
  ASSERT_TRUE(becomes("db", health::unhealthy));
  child_exits("api", 1);
  advance(1h);
  EXPECT_EQ(world_.operations, strings{"start api"});
}

TEST_F(explained, an_unknown_dependency_holds_nothing_back) {
  world_.answers("http://db", 200);
  start(daemon_of({watched("db"), needing(process_service("api"), {"db"})}));
  ASSERT_TRUE(becomes("db", health::healthy));
  world_.cannot_run("http://db", "out of sockets");
  ASSERT_TRUE(becomes("db", health::unknown));
  child_exits("api", 1);
  advance(1s);
  EXPECT_EQ(world_.operations.size(), 2U);
}

TEST_F(explained, a_dependency_that_becomes_unknown_lets_go_of_who_is_held) {
  world_.answers("http://db", 500);
  start(daemon_of({watched("db"), needing(process_service("api"), {"db"})}));
  ASSERT_TRUE(becomes("db", health::unhealthy));
  child_exits("api", 1);
  advance(1h);
  ASSERT_EQ(world_.operations, strings{"start api"});
  world_.cannot_run("http://db", "out of sockets");
  ASSERT_TRUE(becomes("db", health::unknown));
  advance(1s);
  EXPECT_EQ(world_.operations, (strings{"start api", "start api"}));
}

TEST_F(explained, looks_before_it_restarts_what_runs) {
  world_.answers("http://web", 500);
  start(daemon_of({looked_at("web")}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(40s);
  const auto before = world_.runs["http://web"];
  world_.answers("http://web", 200);
  advance(21s);
  EXPECT_EQ(world_.runs["http://web"], before + 1);
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_TRUE(world_.operations.empty());
  EXPECT_EQ(told("web").back(), "healed: it is well again by itself, and left alone");
}

TEST_F(explained, leaves_alone_what_was_well_before_its_restart_failed) {
  world_.answers("http://web", 200);
  world_.failing["web"] = "no reply";
  start(daemon_of({looked_at("web")}));
  ASSERT_TRUE(becomes("web", health::healthy));
  give("web", order::restart);
  EXPECT_EQ(supervision_of("web"), supervision::waiting);
  advance(70s);
  EXPECT_EQ(supervision_of("web"), supervision::running);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, restarts_what_is_still_sick_when_it_looks) {
  world_.answers("http://web", 500);
  start(daemon_of({looked_at("web")}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(40s);
  const auto before = world_.runs["http://web"];
  advance(20s);
  EXPECT_EQ(world_.runs["http://web"], before + 1);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, asks_nothing_again_that_has_failed_just_now) {
  world_.answers("http://web", 500);
  auto web = looked_at("web");
  web.restart.backoff.initial = 1s;
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  world_.hangs("http://web"); // it would cost its timeout
  const auto before = world_.runs["http://web"];
  advance(1s);
  EXPECT_EQ(world_.runs["http://web"], before);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, asks_nothing_again_that_has_failed_just_now_after_hours_of_health) {
  world_.answers("http://web", 200);
  auto web = looked_at("web");
  web.checks[0].interval = 5min;
  web.restart.backoff.initial = 1s;
  start(daemon_of({web}));
  advance(2h);
  world_.answers("http://web", 500);
  ASSERT_TRUE(becomes("web", health::unhealthy));
  world_.hangs("http://web"); // it would cost its timeout
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, takes_no_failed_readiness_for_what_a_look_would_see) {
  world_.answers("http://web", 500);
  world_.answers("http://more", 500);
  for (const auto unhealthy_after : {100, 1}) { // it fails just before the look, or only in it
    auto web = looked_at("web");
    web.checks.insert(web.checks.begin(), http_spec("more"));
    web.checks[0].name = "more";
    web.checks[0].role = role::readiness;
    web.checks[0].interval = 1h;
    web.checks[0].unhealthy_after = unhealthy_after;
    world_.answers("http://web", 500);
    start(daemon_of({web}));
    for (auto i = 0; i < 600 && !picture("web")->next_restart; ++i)
      advance(100ms);
    advance(40s);
    world_.answers("http://web", 200);
    advance(30s);
    EXPECT_TRUE(world_.operations.empty()) << unhealthy_after;
    daemon_.reset();
    run();
    world_.forget_reeve();
  }
}

TEST_F(explained, asks_the_other_checks_only_if_none_has_failed_just_now) {
  world_.answers("http://web", 500);
  world_.answers("http://more", 200);
  auto web = looked_at("web");
  web.checks.push_back(http_spec("more"));
  web.checks[1].name = "http-2";
  web.checks[1].interval = 1h;
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(40s);
  const auto before = world_.runs["http://more"];
  advance(20s);
  EXPECT_EQ(world_.runs["http://more"], before + 1) << "it may say why, too";
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, looks_as_often_as_it_takes_to_be_healthy) {
  world_.answers("http://web", 500);
  auto web = looked_at("web");
  web.checks[0].healthy_after = 3;
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(40s);
  world_.answers("http://web", 200);
  advance(28s);
  EXPECT_EQ(health_of("web"), health::unhealthy) << "once, and once more after 5 s";
  advance(3s);
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(explained, restarts_at_once_when_the_look_cannot_be_taken) {
  auto web = web_service("web");
  web.restart.backoff = {.initial = 35s, .jitter = 0};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  ASSERT_TRUE(picture("web")->next_restart);
  advance(34s + 900ms);
  ASSERT_TRUE(world_.operations.empty());
  world_.cannot_run("http://web", "out of sockets");
  advance(200ms);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, restarts_when_the_look_hangs) {
  world_.answers("http://web", 500);
  start(daemon_of({looked_at("web")}));
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(40s);
  world_.hangs("http://web");
  advance(25s);
  EXPECT_TRUE(world_.operations.empty());
  advance(5s);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(explained, nothing_is_restarted_under_pressure) {
  start(daemon_of({process_service("api")}));
  daemon_->pressure_is("cpu pressure 91 % is at least 80 %");
  run();
  child_exits("api", 1);
  advance(1h);
  EXPECT_EQ(world_.operations, strings{"start api"});
  EXPECT_EQ(picture("api")->reason, "exited with code 1; held: cpu pressure 91 % is at least 80 %");
  EXPECT_FALSE(picture("api")->next_restart);
  daemon_->pressure_is(std::nullopt);
  run();
  EXPECT_EQ(world_.operations.size(), 2U);
}

TEST_F(explained, that_the_pressure_is_over_is_heard_also_by_the_next_restarter) {
  start(daemon_of({process_service("api")}));
  daemon_->pressure_is("cpu pressure 91 % is at least 80 %");
  run();
  child_exits("api", 1);
  advance(1h);
  ASSERT_TRUE(daemon_->kill("restarter"));
  daemon_->pressure_is(std::nullopt); // told to the dead
  run();
  EXPECT_EQ(world_.operations, (strings{"start api", "start api"}));
}

TEST_F(explained, the_next_reeve_knows_of_the_pressure_before_it_restarts_anything) {
  const auto spec = daemon_of({process_service("api")});
  start(spec);
  child_exits("api", 1);
  auto left = kill_reeve();
  advance(1h);
  world_.operations.clear();
  start(spec, std::move(left), "cpu pressure 91 % is at least 80 %");
  EXPECT_EQ(world_.operations, strings{});
  EXPECT_EQ(picture("api")->reason, "exited with code 1; held: cpu pressure 91 % is at least 80 %");
}

TEST_F(explained, a_group_that_is_held_is_told_in_one_line_for_each_of_its_members) {
  auto spec = daemon_of({process_service("api"), process_service("web"), process_service("job")});
  spec.tree.children = {group_spec{.name = "app",
                                   .strategy = strategy::one_for_all,
                                   .intensity = {0, 10min},
                                   .on_exhausted = on_exhausted::escalate,
                                   .children = {"api", "web", "job"}}};
  spec.services[0].restart.backoff.none = true;
  start(spec);
  give("job", order::stop);
  daemon_->pressure_is("cpu pressure 91 % is at least 80 %");
  run();
  child_exits("api", 1);
  for (const auto* pressure : {"92 %", "93 %", "94 %"}) {
    advance(1min);
    daemon_->pressure_is("cpu pressure " + std::string{pressure} + " is at least 80 %");
    run();
  }
  for (const auto* service : {"api", "web"}) {
    EXPECT_EQ(told(service).back(), "hold: held: cpu pressure 91 % is at least 80 %");
    EXPECT_TRUE(picture(service)->reason.ends_with("; held: cpu pressure 94 % is at least 80 %"))
      << picture(service)->reason;
  }
  EXPECT_EQ(lines_with("not restarted yet: group 'app' is exhausted"), 2U) << log_.text();
  EXPECT_EQ(lines_with("web restarting soon (group 'app' is exhausted"), 1U) << log_.text();
  EXPECT_EQ(picture("job")->reason, "stopped by a person");
  daemon_->pressure_is(std::nullopt);
  run();
  EXPECT_EQ(supervision_of("web"), supervision::running);
}

TEST_F(explained, what_is_held_or_looked_at_first_is_no_slow_reaction) {
  world_.answers("http://web", 500);
  start(daemon_of({process_service("api"), web_service("web")}));
  daemon_->pressure_is("cpu pressure 91 % is at least 80 %");
  run();
  child_exits("api", 1);
  advance(1h);
  daemon_->pressure_is(std::nullopt);
  run();
  ASSERT_EQ(supervision_of("api"), supervision::running);
  for (int i = 0; i < 100 && picture("web")->restarts == 0; ++i)
    advance(1s);
  EXPECT_NE(metrics().find("reeve_reaction_seconds_count 2"), std::string::npos) << metrics();
  EXPECT_NE(metrics().find("reeve_reaction_seconds_sum 0\n"), std::string::npos) << metrics();
}

TEST_F(explained, each_restart_has_an_outcome) {
  start(daemon_of({process_service("api")}));
  child_exits("api", 1);
  advance(1s);
  ASSERT_TRUE(picture("api")->record && picture("api")->record->last_outcome);
  EXPECT_EQ(told("api"), (strings{"wait: restart 1 of 5 in 10m in group 'root'; delay 1 s = 1 s",
                                  "restart: ", "healthy after 0 ms"}));
  child_exits("api", 1);
  EXPECT_NE(metrics().find(R"(reeve_restart_outcomes_total{service="api",outcome="healthy"} 1)"),
            std::string::npos);
  EXPECT_NE(metrics().find(R"(reeve_restart_outcomes_total{service="api",outcome="relapsed"} 1)"),
            std::string::npos);
}

TEST_F(explained, a_ladder_is_climbed) {
  auto web = web_service("web");
  web.restart.attempts = 1;
  web.restart.further = {{exec_target{{}, {}, {"mend"}}, 0}};
  world_.answers("http://web", 500);
  strings commands;
  world_.ordered = [&](io::operation, const service_spec& s) {
    commands.push_back(std::get<exec_target>(s.restart.target).restart.front());
  };
  start(daemon_of({web}));
  for (int i = 0; i < 200 && commands.size() < 3; ++i)
    advance(1s);
  EXPECT_EQ(commands, (strings{"restart", "mend", "mend"}));
  EXPECT_EQ(told("web").back(), "restart: remedy 2 of 2");
}

TEST_F(explained, only_the_newest_decisions_are_kept) {
  world_.failing["api"] = "no such file";
  start(daemon_of({process_service("api")}));
  advance(24h);
  EXPECT_EQ(told("api").size(), restart_record::most);
}
