#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;

class reload : public daemon_fixture {
protected:
  void change_to(daemon_spec spec) {
    daemon_->reload(std::make_shared<const daemon_spec>(std::move(spec)));
    run();
  }
};

TEST_F(reload, touches_only_what_changed) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web"), process_service("api"), process_service("old")}));
  advance(10s);
  const auto runs = world_.runs["http://web"];
  world_.operations.clear();

  world_.answers("http://new", 200);
  change_to(daemon_of({web_service("web"), process_service("api"), web_service("new")}));
  EXPECT_EQ(world_.operations, strings{"stop old"});
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("old"), nullptr);
  advance(10s);
  EXPECT_EQ(health_of("new"), health::healthy);
  EXPECT_EQ(world_.runs["http://web"], runs + 1);
  EXPECT_EQ(metrics().find(R"("old")"), std::string::npos);
}

TEST_F(reload, gives_a_probe_its_changed_checks) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  auto web = web_service("web");
  web.restart.backoff.initial = 5min;
  web.checks.push_back(http_spec("other"));
  web.checks.back().name = "http-2";
  world_.answers("http://other", 500);
  change_to(daemon_of({web}));
  const auto runs = world_.runs["http://web"];
  advance(30s);
  EXPECT_EQ(world_.runs["http://web"], runs + 3);
  EXPECT_EQ(world_.runs["http://other"], 3);
  EXPECT_EQ(health_of("web"), health::unhealthy);
  EXPECT_EQ(picture("web")->checks.size(), 2U);
}

TEST_F(reload, restarts_a_process_that_changed_and_does_not_count_it) {
  start(daemon_of({process_service("api")}));
  auto api = process_service("api");
  std::get<process_spec>(api.restart.target).command.push_back("--fast");
  world_.operations.clear();
  change_to(daemon_of({api}));
  EXPECT_FALSE(world_.operations.empty());
  EXPECT_EQ(health_of("api"), health::healthy);
  child_exits("api", 1);
  EXPECT_EQ(picture("api")->attempt, 1);
}

TEST_F(reload, moves_services_between_groups) {
  world_.answers("http://web", 200);
  auto spec = daemon_of({web_service("web"), web_service("api")});
  world_.answers("http://api", 200);
  start(spec);
  advance(10s);
  group_spec app;
  app.name = "app";
  app.children = {std::string{"web"}};
  spec.tree.children = {std::string{"api"}, app};
  change_to(spec);
  EXPECT_EQ(picture("web")->group, "app");
  const auto runs = world_.runs["http://web"];
  advance(20s);
  EXPECT_GE(world_.runs["http://web"], runs + 2);
  EXPECT_LE(world_.runs["http://web"], runs + 3) << "one probe, not two";
  EXPECT_EQ(health_of("web"), health::healthy);
  EXPECT_NE(metrics().find(R"(reeve_service_up{service="web",group="app"} 1)"), std::string::npos);
}

TEST_F(reload, restarts_what_was_unhealthy_when_it_gets_a_target) {
  auto web = web_service("web");
  web.restart.target = std::monostate{};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  advance(1min);
  EXPECT_TRUE(world_.operations.empty());
  change_to(daemon_of({web_service("web")}));
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"restart web"});
}

TEST_F(reload, is_ready_once_every_service_had_a_verdict) {
  world_.answers("http://web", 500);
  start(daemon_of({web_service("web"), process_service("api")}));
  EXPECT_FALSE(daemon_->ready());
  advance(10s);
  EXPECT_TRUE(daemon_->ready());
}

TEST_F(reload, is_ready_though_a_process_cannot_be_started) {
  world_.failing["api"] = "no such file";
  start(daemon_of({process_service("api")}));
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_TRUE(daemon_->ready());
}

TEST_F(reload, repeats_no_line_on_what_was_unhealthy_before) {
  auto web = web_service("web");
  web.restart.target = std::monostate{};
  world_.answers("http://web", 500);
  start(daemon_of({web}));
  advance(1min);
  const auto before = log_.text();
  EXPECT_NE(before.find("web unhealthy"), std::string::npos);
  change_to(daemon_of({web, web_service("new")}));
  EXPECT_EQ(log_.text(), before);
}

TEST_F(reload, forgets_a_removed_process_once_it_is_gone) {
  start(daemon_of({process_service("api"), process_service("old")}));
  world_.held.insert("old");
  change_to(daemon_of({process_service("api")}));
  EXPECT_EQ(world_.forgotten, strings{}) << "how it ends is still to be told";
  world_.release("old");
  run();
  EXPECT_EQ(world_.forgotten, strings{"old"});
}
