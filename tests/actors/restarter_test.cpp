#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;
using reeve::order_answer;
using fact = io::container_fact::kind;

class restarter : public daemon_fixture {};

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

TEST_F(restarter, is_told_nothing_by_an_operation_that_a_newer_one_has_replaced) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.held.insert("web");
  give("web", order::restart);
  const auto first = world_.waiting.at("web");
  world_.release("web");
  run();
  give("web", order::restart);
  ASSERT_EQ(supervision_of("web"), supervision::restarting);
  first(error{"it is long over"});
  run();
  EXPECT_EQ(supervision_of("web"), supervision::restarting);
  world_.release("web");
  run();
  EXPECT_EQ(supervision_of("web"), supervision::running);
  EXPECT_EQ(lines_with("it is long over"), 0U);
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
                       "restarting in 1 s, attempt 1 of 5 in group 'root'"),
            1U)
    << log_.text();
  world_.held.insert("web");
  advance(2s);
  world_.answers("http://web", 200);
  world_.release("web");
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

TEST_F(restarter, tells_once_that_docker_restarts_it_too_and_who_did) {
  world_.containers["db-1"] = {fact::running, "", false, "", "always"};
  auto db = container_service("db");
  db.restart.target = docker_target{"db-1"};
  start(daemon_of({db}));
  EXPECT_EQ(lines_with("restart policy of its own, 'always'"), 1U);
  EXPECT_EQ(lines_with("`docker update --restart=no db-1`"), 1U);
  world_.tells("db-1", {fact::failed, "exited with code 1", true});
  run();
  world_.tells("db-1", {fact::running, "", false, "", "always"});
  run();
  EXPECT_EQ(lines_with("restart policy of its own"), 1U);
  const auto record = picture("db")->record;
  ASSERT_TRUE(record && !record->newest.empty());
  EXPECT_EQ(std::get<decision>(record->newest.back().what).reason, "restarted by Docker itself");
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

TEST_F(restarter, counts_no_backoff_and_no_earlier_attempt_as_reaction) {
  start(daemon_of({process_service("api")}));
  world_.failing["api"] = "no such file";
  child_exits("api", 1);
  for (int i = 0; i < 100 && world_.operations.size() < 4; ++i)
    advance(1s);
  ASSERT_EQ(world_.operations.size(), 4U);
  EXPECT_NE(metrics().find("reeve_reaction_seconds_count 3"), std::string::npos);
  EXPECT_NE(metrics().find("reeve_reaction_seconds_sum 0\n"), std::string::npos) << metrics();
}

TEST_F(restarter, tells_a_persons_stop_and_start_in_two_lines_each) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.held.insert("web");
  give("web", order::stop);
  EXPECT_EQ(lines_with("[info] web stopping, by a person"), 1U) << log_.text();
  EXPECT_EQ(lines_with("web stopped"), 0U) << log_.text();
  world_.release("web");
  run();
  EXPECT_EQ(lines_with("[info] web stopped in"), 1U) << log_.text();
  give("web", order::start);
  EXPECT_EQ(lines_with("[info] web starting, by a person"), 1U) << log_.text();
  world_.release("web");
  run();
  EXPECT_EQ(lines_with("[info] web started in"), 1U) << log_.text();
  EXPECT_EQ(lines_with("[warning]"), 0U) << log_.text();
  EXPECT_EQ(lines_with("[info]"), 5U) << log_.text();
}

TEST_F(restarter, tells_a_persons_restart_of_what_waits_and_a_resume) {
  start(daemon_of({process_service("api")}));
  child_exits("api", 1);
  give("api", order::restart);
  EXPECT_EQ(lines_with("[info] api restarting, by a person"), 1U) << log_.text();
  give("api", order::pause);
  EXPECT_EQ(lines_with("[info] api paused by a person"), 1U) << log_.text();
  give("api", order::resume);
  EXPECT_EQ(lines_with("[info] api resumed by a person"), 1U) << log_.text();
  child_exits("api", 1);
  give("api", order::stop);
  EXPECT_EQ(lines_with("[info] api stopped by a person"), 1U) << log_.text();
}

TEST_F(restarter, tells_a_clean_end_in_one_line_that_is_no_warning) {
  auto job = process_service("job");
  job.restart.type = restart_type::transient;
  start(daemon_of({job}));
  child_exits("job", 0);
  EXPECT_EQ(lines_with("[info] job exited with code 0; not restarted: ended cleanly"), 1U)
    << log_.text();
  EXPECT_EQ(lines_with("[warning]"), 0U) << log_.text();
}

TEST_F(restarter, tells_no_failure_of_a_worker_between_two_runs) {
  auto worker = process_service("worker");
  worker.restart.clean_exit = clean_exit::uncounted;
  start(daemon_of({worker}));
  child_exits("worker", 0);
  EXPECT_EQ(health_of("worker"), health::healthy);
  EXPECT_EQ(supervision_of("worker"), supervision::waiting);
  EXPECT_EQ(lines_with("[info] worker exited with code 0; restarting in 1 s"), 1U) << log_.text();
  advance(1s);
  EXPECT_EQ(supervision_of("worker"), supervision::running);
  EXPECT_EQ(health_of("worker"), health::healthy);
  EXPECT_EQ(lines_with("[warning]"), 0U) << log_.text();
  child_exits("worker", 1);
  EXPECT_EQ(health_of("worker"), health::unhealthy);
}

TEST_F(restarter, tells_of_a_bare_process_that_it_started_and_no_more) {
  start(daemon_of({process_service("api")}));
  child_exits("api", 1);
  advance(1s);
  EXPECT_EQ(lines_with("[info] api started in"), 2U) << log_.text();
  EXPECT_EQ(lines_with("[debug] api healthy"), 2U) << log_.text();
}

TEST_F(restarter, tells_a_docker_stop_and_start_in_one_line_each) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  container_tells("db", fact::stopped, "was stopped by a person");
  container_tells("db", fact::running, "");
  EXPECT_EQ(lines_with("[info] db stopped (was stopped by a person)"), 1U) << log_.text();
  EXPECT_EQ(lines_with("[warning]"), 0U) << log_.text();
  EXPECT_EQ(lines_with("[info] db running"), 1U) << log_.text();
  EXPECT_EQ(lines_with("[info]"), 3U) << log_.text();
}

TEST_F(restarter, shows_as_running_what_was_started_during_a_restart_that_left_it_out) {
  auto spec = daemon_of({process_service("api"), container_service("db")});
  spec.tree.strategy = strategy::one_for_all;
  world_.containers["db"] = {fact::running, ""};
  start(spec);
  world_.held = {"api"};
  child_exits("api", 1);
  advance(1s);
  ASSERT_EQ(world_.operations, (strings{"start api", "stop db", "start api"}));
  container_tells("db", fact::running, "");
  ASSERT_EQ(give("db", order::stop).what, order_answer::accepted);
  EXPECT_EQ(supervision_of("db"), supervision::running);
}

TEST_F(restarter, says_once_that_a_container_is_healthy_again) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  world_.tells("db", {fact::failed, "exited with code 3", true});
  run();
  container_tells("db", fact::running, "");
  EXPECT_EQ(lines_with("[info] db healthy"), 2U) << log_.text();
  EXPECT_EQ(lines_with("[info] db healthy again"), 1U) << log_.text();
}

TEST_F(restarter, does_not_warn_of_a_healthcheck_that_is_starting) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  EXPECT_EQ(health_of("web"), health::healthy);
  world_.starts("http://web");
  advance(1min);
  EXPECT_EQ(health_of("web"), health::starting);
  EXPECT_EQ(lines_with("[debug] web starting"), 1U) << log_.text();
  EXPECT_EQ(lines_with("[warning]"), 0U) << log_.text();
}

TEST_F(restarter, names_group_and_service_of_an_escalation_before_what_follows) {
  group_spec app;
  app.name = "app";
  app.children = {std::string{"a"}, std::string{"b"}};
  app.intensity = {0, 1min};
  app.on_exhausted = on_exhausted::escalate;
  auto spec = daemon_of({process_service("a"), process_service("b")});
  spec.tree.children = {app};
  start(spec);
  child_exits("b", 9);
  const auto text = log_.text();
  const auto line = text.find("[error] group 'app' escalates: b failed (exited with code 9)\n");
  const auto failure = text.find("b unhealthy (exited with code 9)");
  const auto sibling = text.find("[warning] a restarting");
  ASSERT_NE(line, std::string::npos) << text;
  EXPECT_LT(line, failure) << text;
  EXPECT_LT(failure, sibling) << text;
}

TEST_F(restarter, shows_a_process_that_cannot_be_started_as_unhealthy_and_says_why) {
  const std::string why = "there is no command 'Sleep' in PATH";
  auto dependent = process_service("web");
  dependent.depends_on = {"api"};
  world_.failing["api"] = why;
  start(daemon_of({process_service("api"), dependent}));
  EXPECT_EQ(health_of("api"), health::unhealthy);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_EQ(picture("api")->reason, why);
  EXPECT_EQ(picture("api")->attempt, 1) << "one failure, however many tell of it";
  EXPECT_EQ(lines_with("[warning]"), 1U) << log_.text();
  EXPECT_EQ(lines_with("api could not be started: " + why + "; restarting in 1 s, attempt 1 of 5"),
            1U)
    << log_.text();
  child_exits("web", 1);
  EXPECT_FALSE(picture("web")->next_restart) << "it waits for what it depends on";
  world_.failing["api"] = "cannot enter its cwd '/nowhere': No such file or directory";
  advance(1s);
  EXPECT_EQ(picture("api")->reason, world_.failing["api"]) << "the newest counts";
  for (auto i = 0; i < 300 && supervision_of("api") != supervision::given_up; ++i)
    advance(1s);
  EXPECT_EQ(health_of("api"), health::unhealthy);
  EXPECT_NE(picture("api")->reason.find(world_.failing["api"]), std::string::npos);
  world_.failing.clear();
  EXPECT_EQ(give("api", order::restart).what, order_answer::accepted);
  EXPECT_EQ(health_of("api"), health::healthy);
}

TEST_F(restarter, counts_no_start_that_the_machine_has_nothing_left_for) {
  const std::string why = "cannot make a process: this user has too many processes";
  world_.failing["api"] = why;
  world_.not_to_blame["api"] = blame::machine;
  start(daemon_of({process_service("api")}));
  advance(10min);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_EQ(picture("api")->reason, why);
  EXPECT_EQ(picture("api")->attempt, 0);
  EXPECT_LE(world_.operations.size(), 121U) << "at the most one in five seconds";
  EXPECT_GE(world_.operations.size(), 60U);
  EXPECT_EQ(metrics().find(R"(restart_failures_total{service="api",group="root"} 1)"),
            std::string::npos);
  EXPECT_LE(lines_with("[warning]"), 2U) << log_.text();
  world_.failing.clear();
  advance(10s);
  EXPECT_EQ(supervision_of("api"), supervision::running);
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("api")->attempt, 0);
}

TEST_F(restarter, starts_no_process_while_reeve_ends) {
  auto spec = daemon_of({process_service("api"), process_service("web")});
  spec.tree.strategy = strategy::one_for_all;
  start(spec);
  world_.operations.clear();
  world_.held.insert("web");
  child_exits("api", 1);
  advance(1s);
  ASSERT_EQ(world_.operations.back(), "stop web") << "it is in the middle of a plan";
  bool done = false;
  daemon_->shut_down(1min, [&](const strings&) { done = true; });
  world_.operations.clear();
  world_.release("web");
  run();
  EXPECT_EQ(world_.operations, strings{});
  EXPECT_TRUE(done);
}

TEST_F(restarter, counts_no_restart_that_its_own_end_broke_off) {
  world_.answers("http://web", 500);
  start(daemon_of({web_service("web")}));
  world_.held.insert("web");
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(2s);
  ASSERT_EQ(world_.operations, strings{"restart web"});
  daemon_->shut_down(1min, [](const strings&) {});
  world_.release("web", error{"Reeve is ending"});
  run();
  EXPECT_EQ(lines_with("web could not be restarted: Reeve is ending"), 1U) << log_.text();
  EXPECT_EQ(lines_with("restarting in"), 1U) << "that of its failure" << log_.text();
}

TEST_F(restarter, does_not_call_stopped_what_could_not_be_stopped) {
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web")}));
  advance(10s);
  world_.failing["web"] = "exited with code 1";
  give("web", order::stop);
  EXPECT_EQ(supervision_of("web"), supervision::running) << "it is still there, and looked after";
}

TEST_F(restarter, tells_the_engine_of_a_persons_stop_and_of_no_other_order) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  for (const auto what : {order::restart, order::pause, order::resume}) {
    EXPECT_EQ(give("db", what).what, order_answer::accepted);
    EXPECT_TRUE(world_.remembered_stopped.empty());
  }
  give("db", order::stop);
  EXPECT_TRUE(world_.remembered_stopped.contains("db"));
}

TEST_F(restarter, says_in_the_metrics_that_a_container_failed) {
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}));
  container_tells("db", fact::failed, "exited with code 1");
  advance(1s);
  EXPECT_NE(metrics().find(R"({service="db",group="root",reason="container"} 1)"),
            std::string::npos);
}

TEST_F(restarter, counts_no_start_of_a_container_that_is_not_there) {
  world_.containers["db"] = {fact::running, ""};
  world_.failing["db"] = "no such container 'db': create it";
  world_.not_to_blame["db"] = blame::engine;
  start(daemon_of({container_service("db")}));
  container_tells("db", fact::failed, "exited with code 1");
  advance(1s);
  ASSERT_EQ(world_.operations, strings{"start db"});
  EXPECT_EQ(metrics().find(R"(restart_failures_total{service="db",group="root"} 1)"),
            std::string::npos);
}

TEST_F(restarter, says_in_the_metrics_what_failed_first_also_after_a_start_that_failed) {
  start(daemon_of({process_service("api")}));
  world_.failing["api"] = "no such command";
  child_exits("api", 1);
  advance(1s);
  world_.failing.clear();
  advance(10s);
  ASSERT_EQ(supervision_of("api"), supervision::running);
  EXPECT_NE(metrics().find(R"({service="api",group="root",reason="exited"} 1)"), std::string::npos);
  EXPECT_EQ(metrics().find(R"({service="api",group="root",reason="unhealthy"} 1)"),
            std::string::npos);
}

TEST_F(restarter, calls_a_restart_of_the_group_that_also_of_who_failed_before) {
  auto spec = daemon_of({process_service("db"), process_service("web")});
  spec.tree.strategy = strategy::one_for_all;
  start(spec);
  child_exits("web", 1);
  advance(2s);
  ASSERT_EQ(supervision_of("web"), supervision::running);
  child_exits("db", 1);
  advance(10s);
  const auto text = metrics();
  EXPECT_NE(text.find(R"({service="web",group="root",reason="exited"} 1)"), std::string::npos);
  EXPECT_NE(text.find(R"({service="web",group="root",reason="group"} 1)"), std::string::npos);
}

TEST_F(restarter, hears_of_a_restart_that_succeeds_while_reeve_ends) {
  world_.answers("http://web", 500);
  start(daemon_of({web_service("web")}));
  world_.held.insert("web");
  ASSERT_TRUE(becomes("web", health::unhealthy));
  advance(2s);
  daemon_->shut_down(1min, [](const strings&) {});
  world_.release("web");
  run();
  EXPECT_EQ(supervision_of("web"), supervision::running);
}
