#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;
using fact = io::container_fact::kind;

/// Each of our actors is killed; nothing is lost and nothing is restarted by mistake.
class respawn : public daemon_fixture {
protected:
  void start_healthy() {
    world_.answers("http://web", 200);
    world_.containers["db"] = {fact::running, ""};
    start(daemon_of({web_service("web"), process_service("api"), container_service("db")}));
    advance(10s);
  }

  void expect_all_healthy() {
    for (const auto* service : {"web", "api", "db"})
      EXPECT_EQ(health_of(service), health::healthy) << service;
    EXPECT_EQ(world_.operations, strings{"start api"});
  }

  bool metrics_have(const std::string& line) {
    return metrics().find(line) != std::string::npos;
  }
};

TEST_F(respawn, of_any_root_actor_loses_no_state_and_restarts_nothing) {
  start_healthy();
  const auto runs = world_.runs["http://web"];
  auto actors = root_actors();
  actors.emplace_back("group/root");
  for (const auto& actor : actors) {
    SCOPED_TRACE(actor);
    kill(actor);
    expect_all_healthy();
    EXPECT_TRUE(daemon_->ready());
  }
  advance(30s);
  expect_all_healthy();
  EXPECT_EQ(world_.runs["http://web"], runs + 3) << "the phase is kept";
  EXPECT_TRUE(metrics_have(R"(reeve_actor_respawns_total{actor="metrics"} 1)"));
}

TEST_F(respawn, of_the_metrics_keeps_every_counter) {
  start_healthy();
  child_exits("api", 1);
  advance(10s);
  kill("metrics");
  EXPECT_TRUE(metrics_have(R"(reeve_checks_total{service="web",check="http",result="ok"} 2)"));
  EXPECT_TRUE(metrics_have(R"({service="api",group="root",reason="exited"} 1)"));
}

TEST_F(respawn, hears_what_was_told_while_nobody_lived) {
  start_healthy();
  ASSERT_TRUE(daemon_->kill("metrics"));
  daemon_->config_reloaded(true);
  run();
  EXPECT_TRUE(metrics_have(R"(reeve_config_reloads_total{result="ok"} 1)"));

  world_.exits("api", 1);
  ASSERT_TRUE(daemon_->kill("restarter"));
  daemon_->process_exited("api");
  run();
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
}

TEST_F(respawn, of_the_restarter_keeps_the_wait_and_the_count) {
  start_healthy();
  child_exits("api", 1);
  kill("restarter");
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  advance(1s);
  EXPECT_EQ(world_.operations.size(), 2U);
  child_exits("api", 1);
  EXPECT_EQ(picture("api")->attempt, 2);
}

TEST_F(respawn, of_the_restarter_uses_an_operation_that_ended_meanwhile) {
  start_healthy();
  world_.held.insert("api");
  child_exits("api", 1);
  advance(1s);
  EXPECT_EQ(supervision_of("api"), supervision::restarting);
  ASSERT_TRUE(daemon_->kill("restarter"));
  world_.release("api");
  run();
  EXPECT_EQ(supervision_of("api"), supervision::running);
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("api")->restarts, 1U);
}

TEST_F(respawn, of_the_restarter_answers_an_order_it_had_not_heard) {
  start_healthy();
  auto answered = false;
  ASSERT_TRUE(daemon_->kill("restarter"));
  daemon_->give_order("web", order::pause, [&](auto) { answered = true; });
  run();
  EXPECT_TRUE(answered);
  EXPECT_EQ(supervision_of("web"), supervision::paused);
}

TEST_F(respawn, of_a_probe_that_crashed_makes_its_service_unknown_until_the_next_verdict) {
  start_healthy();
  kill("probe/web");
  EXPECT_EQ(health_of("web"), health::unknown);
  EXPECT_EQ(health_of("api"), health::healthy);
  advance(1s);
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_TRUE(metrics_have(R"(reeve_actor_respawns_total{actor="probe"} 1)"));
}

TEST_F(respawn, of_a_probe_reads_an_exit_it_was_not_there_to_hear) {
  start_healthy();
  world_.exits("api", 1);
  kill("probe/api");
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
}

TEST_F(respawn, of_a_probe_leaves_a_stopped_service_alone) {
  start_healthy();
  container_tells("db", fact::stopped, "stopped by a person");
  give("web", order::stop);
  kill("probe/db");
  kill("probe/web");
  advance(10min);
  EXPECT_EQ(supervision_of("db"), supervision::stopped);
  EXPECT_EQ(supervision_of("web"), supervision::stopped);
  EXPECT_EQ(world_.operations, (strings{"start api", "stop web"}));
}

TEST_F(respawn, of_a_probe_leaves_one_watcher_of_its_container) {
  start_healthy();
  for (auto i = 0; i < 10; ++i) {
    kill("probe/db");
    advance(10min);
  }
  EXPECT_EQ(world_.watchers["db"].size(), 1U);
  EXPECT_EQ(health_of("db"), health::healthy);
}

TEST_F(respawn, of_a_probe_that_crashes_for_ever_does_not_end_reeve) {
  start_healthy();
  for (auto i = 0; i < 3'000; ++i) {
    daemon_->kill("probe/web");
    advance(200ms);
  }
  EXPECT_EQ(exhausted_, "");
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(world_.operations, strings{"start api"});
}

TEST_F(respawn, is_shown_in_the_tree) {
  start_healthy();
  kill("probe/web");
  const auto view = tree();
  EXPECT_EQ(view.services.children.size(), 3U);
  ASSERT_EQ(view.actors.children.back().name, "services");
  const auto& group = view.actors.children.back().children.at(0);
  EXPECT_EQ(group.name, "group/root");
  EXPECT_EQ(group.children.at(0).respawns, 1);
}

TEST_F(respawn, of_a_supervisor_leaves_what_a_reload_brings_watched_and_what_it_removes_unwatched) {
  for (const auto* actor : {"group/root", "services"}) {
    world_.answers("http://web", 200);
    world_.answers("http://new", 200);
    world_.answers("http://grouped", 200);
    start(daemon_of({web_service("web")}));
    advance(10s);
    kill(actor);
    auto more = daemon_of({web_service("web"), web_service("new"), web_service("grouped")});
    more.tree.children.back() = group_spec{.name = "app", .children = {"grouped"}};
    daemon_->reload(std::make_shared<const daemon_spec>(more));
    run();
    advance(10s);
    for (const auto* service : {"new", "grouped"})
      EXPECT_EQ(health_of(service), health::healthy) << service << " after the end of " << actor;

    kill(actor);
    daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({web_service("new")})));
    run();
    const auto runs = world_.runs["http://web"];
    const auto others = world_.runs["http://new"];
    advance(1min);
    EXPECT_EQ(world_.runs["http://web"], runs) << actor;
    EXPECT_EQ(world_.runs["http://new"], others + 6) << actor;
    daemon_.reset();
    run();
  }
}

TEST_F(respawn, is_not_needed_to_be_rid_of_timers_that_are_out_of_date) {
  auto web = web_service("web");
  web.restart.backoff = {.initial = 10min, .max = 10min, .jitter = 0};
  auto api = process_service("api");
  api.restart.backoff = {.initial = 1s, .jitter = 0};
  start(daemon_of({web, api}));
  world_.answers("http://web", 500);
  ASSERT_TRUE(becomes("web", health::unhealthy));
  const auto pending = scheduler_.clock().schedule().size();
  for (auto i = 0; i < 100; ++i) { // each moves the restarter's next due time, and back
    child_exits("api", 1);
    give("api", order::start);
  }
  advance(5s);
  EXPECT_EQ(supervision_of("web"), supervision::waiting);
  EXPECT_LE(scheduler_.clock().schedule().size(), pending + 1) << "each that fired set no other";
}

TEST_F(respawn, is_needed_by_a_reeve_whose_restarter_does_not_answer) {
  start_healthy();
  ASSERT_TRUE(daemon_->kill("restarter"));
  std::optional<bool> alive;
  daemon_->alive([&](bool is) { alive = is; });
  run();
  EXPECT_EQ(alive, false);
  daemon_->alive([&](bool is) { alive = is; });
  run();
  EXPECT_EQ(alive, true) << "its successor does";
}

TEST_F(respawn, leaves_reeve_alive) {
  start_healthy();
  kill("restarter");
  auto alive = false;
  daemon_->alive([&](bool is) { alive = is; });
  run();
  EXPECT_TRUE(alive);
}

TEST_F(respawn, does_not_happen_while_shutting_down_and_operations_under_way_are_named) {
  start_healthy();
  world_.held.insert("web");
  give("web", order::restart);
  auto under_way = strings{"nobody called"};
  daemon_->shut_down(5s, [&](strings names) { under_way = std::move(names); });
  advance(4s);
  EXPECT_EQ(under_way, strings{"nobody called"});
  advance(1s);
  EXPECT_EQ(under_way, strings{"web"});
  EXPECT_EQ(exhausted_, "");
}

TEST_F(respawn, shuts_down_at_once_when_nothing_is_under_way) {
  start_healthy();
  auto done = false;
  daemon_->shut_down(5s, [&](const strings& names) { done = names.empty(); });
  run();
  EXPECT_TRUE(done);
}
