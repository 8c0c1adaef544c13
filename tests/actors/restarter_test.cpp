#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;
using reeve::order_answer;
using fact = io::container_fact::kind;

class restarter : public daemon_fixture {
protected:
  std::size_t lines_with(const std::string& text) {
    std::size_t count = 0;
    std::istringstream in{log_.text()};
    for (std::string line; std::getline(in, line);)
      count += line.find(text) != std::string::npos;
    return count;
  }
};

TEST_F(restarter, restarts_a_process_that_exited_after_its_backoff) {
  start(daemon_of({process_service("api")}));
  EXPECT_EQ(health_of("api"), health::healthy);
  child_exits("api", 1);
  EXPECT_EQ(health_of("api"), health::unhealthy);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_TRUE(picture("api")->next_restart);
  EXPECT_EQ(world_.operations, strings{"start api"});
  advance(1s);
  ASSERT_EQ(world_.operations.size(), 2U);
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("api")->restarts, 1U);
}

TEST_F(restarter, hears_of_an_exit_that_came_before_the_start_was_told) {
  world_.held.insert("api");
  start(daemon_of({process_service("api")}));
  world_.exits("api", 3); // died at once
  daemon_->process_exited("api");
  world_.release("api");
  run();
  EXPECT_EQ(health_of("api"), health::unhealthy);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
}

TEST_F(restarter, gives_up_loudly_and_a_person_brings_it_back) {
  world_.answers("http://web", 500);
  start(daemon_of({web_service("web")}));
  for (auto i = 0; i < 600 && supervision_of("web") != supervision::given_up; ++i)
    advance(1s);
  EXPECT_EQ(supervision_of("web"), supervision::given_up);
  EXPECT_EQ(std::count(world_.operations.begin(), world_.operations.end(), "restart web"), 5);
  EXPECT_EQ(lines_with("giving up"), 1U);
  EXPECT_EQ(lines_with("[error]"), 1U);
  world_.answers("http://web", 200);
  EXPECT_EQ(give("web", order::restart).what, order_answer::accepted);
  advance(1s);
  EXPECT_EQ(supervision_of("web"), supervision::running);
  EXPECT_EQ(health_of("web"), health::healthy);
}

TEST_F(restarter, writes_one_line_for_each_change) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.answers("http://web", 500);
  ASSERT_TRUE(becomes("web", health::unhealthy));
  EXPECT_EQ(lines_with("web"), 2U) << log_.text();
  EXPECT_EQ(lines_with("web healthy"), 1U);
  EXPECT_EQ(lines_with("web unhealthy after 3 failures (status 500, expected 200-299); "
                       "restarting in 1 s, attempt 1 of 5"),
            1U)
    << log_.text();
  world_.answers("http://web", 200);
  advance(2s);
  EXPECT_EQ(lines_with("web restarted in"), 1U) << log_.text();
  EXPECT_EQ(lines_with("web healthy"), 2U) << log_.text();
  EXPECT_EQ(lines_with("[info]") + lines_with("[warning]"), 4U) << log_.text();
}

TEST_F(restarter, calls_a_restart_off_when_the_service_heals_by_itself) {
  auto web = web_service("web");
  web.restart.backoff.initial = 30s;
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  advance(31s);
  EXPECT_EQ(supervision_of("web"), supervision::waiting);
  world_.answers("http://web", 200);
  advance(10min);
  EXPECT_EQ(supervision_of("web"), supervision::running);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(restarter, respects_a_docker_stop_and_hears_of_a_start) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  container_tells("db", fact::stopped, "stopped by a person");
  EXPECT_EQ(supervision_of("db"), supervision::stopped);
  EXPECT_EQ(health_of("db"), health::unknown);
  advance(1h);
  EXPECT_TRUE(world_.operations.empty());
  container_tells("db", fact::running, "");
  EXPECT_EQ(supervision_of("db"), supervision::running);
  EXPECT_EQ(health_of("db"), health::healthy);
}

TEST_F(restarter, leaves_a_container_to_the_engine_that_restarts_it) {
  const io::container_fact engine_restarts_it{fact::failed, "exited with code 3", true};
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  for (int i = 0; i < 10; ++i) {
    world_.tells("db", engine_restarts_it);
    advance(1min);
    EXPECT_EQ(health_of("db"), health::unhealthy);
    EXPECT_EQ(supervision_of("db"), supervision::running);
    container_tells("db", fact::running, "");
    EXPECT_EQ(health_of("db"), health::healthy);
  }
  EXPECT_TRUE(world_.operations.empty());
  world_.tells("db", engine_restarts_it);
  container_tells("db", fact::failed, "exited with code 3"); // the engine gave up
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"start db"});
}

TEST_F(restarter, restarts_a_container_that_died) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  world_.held.insert("db");
  container_tells("db", fact::failed, "exited with code 137 (out of memory)");
  EXPECT_EQ(health_of("db"), health::unhealthy);
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"start db"});
  world_.containers["db"] = {fact::running, ""};
  world_.release("db");
  run();
  EXPECT_EQ(health_of("db"), health::healthy);
}

TEST_F(restarter, refuses_orders_that_make_no_sense) {
  start(daemon_of({web_service("web")}));
  EXPECT_EQ(give("wbe", order::restart).what, order_answer::no_such_service);
  EXPECT_EQ(give("web", order::start).what, order_answer::refused);
  EXPECT_EQ(give("web", order::resume).what, order_answer::refused);
  EXPECT_EQ(give("web", order::stop).what, order_answer::accepted);
  const auto again = give("web", order::stop);
  EXPECT_EQ(again.what, order_answer::refused);
  EXPECT_FALSE(again.message.empty());
  EXPECT_EQ(world_.operations, strings{"stop web"});
  EXPECT_EQ(health_of("web"), health::unknown);
}

TEST_F(restarter, restarts_nothing_that_is_paused_and_looks_again_when_resumed) {
  world_.answers("http://web", 500);
  start(daemon_of({web_service("web")}));
  give("web", order::pause);
  advance(5min);
  EXPECT_EQ(health_of("web"), health::unhealthy);
  EXPECT_TRUE(world_.operations.empty());
  give("web", order::resume);
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(restarter, says_why_in_the_metrics) {
  start(daemon_of({process_service("api")}));
  child_exits("api", 1);
  advance(1s);
  give("api", order::restart);
  const auto text = metrics();
  const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
  EXPECT_TRUE(has(R"(reeve_service_restarts_total{service="api",group="root",reason="exited"} 1)"));
  EXPECT_TRUE(has(R"(reeve_service_restarts_total{service="api",group="root",reason="person"} 1)"));
  EXPECT_TRUE(has("reeve_reaction_seconds_count 1"));
}

TEST_F(restarter, restarts_a_whole_group_in_order) {
  auto spec = daemon_of({process_service("db"), process_service("web")});
  spec.tree.strategy = strategy::one_for_all;
  start(spec);
  world_.operations.clear();
  child_exits("db", 1);
  advance(1s);
  EXPECT_EQ(world_.operations, (strings{"stop web", "start db", "start web"}));
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_NE(metrics().find(R"({service="web",group="root",reason="group"} 1)"), std::string::npos);
}

TEST_F(restarter, ends_reeve_when_the_root_escalates) {
  auto spec = daemon_of({process_service("api")});
  spec.tree.intensity = {0, 1min};
  spec.tree.on_exhausted = on_exhausted::escalate;
  start(spec);
  child_exits("api", 1);
  EXPECT_FALSE(exhausted_.empty());
}
