#include "tests/supervisor/dependency_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

TEST_F(a_tree_with_dependencies, restarts_nothing_for_a_fault_that_a_dependency_explains) {
  begin({watched("db"), needing(container("web", 1s), {"db"})});
  is_down("db");
  EXPECT_EQ(sick("web"), texts{"hold web"});
  EXPECT_EQ(state("web"), supervision::waiting);
  EXPECT_EQ(at("web").reason, "broke; held: 'db' is unhealthy: refused");
  EXPECT_EQ(at("web").hold, held_by::dependency);
  EXPECT_EQ(in_window("web"), 0) << "it is not counted";
  EXPECT_FALSE(at("web").next_restart);
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(a_tree_with_dependencies, who_is_held_is_shown_with_what_the_dependency_says_now) {
  begin({watched("db"), needing(container("web", 1s), {"db"})});
  is_down("db");
  sick("web");
  const auto actions =
    tree->health_is("db", incarnation("db"), false, "unhealthy: timed out", now, 0);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].what, tree_action::kind::changed);
  EXPECT_EQ(actions[0].name, "web");
  EXPECT_EQ(at("web").reason, "broke; held: 'db' is unhealthy: timed out");
}

TEST_F(a_tree_with_dependencies, restarts_dependents_soon_after_the_dependency_is_back) {
  begin({watched("db"), needing(process("web", 1min), {"db"})});
  is_down("db");
  failed("web");
  EXPECT_EQ(is_up("db"), texts{"wait web 12"}) << "100 ms for the one that waits, by chance";
  EXPECT_EQ(after(12ms), texts{"start web"});
  EXPECT_EQ(in_window("web"), 0) << "what the dependency explains is not counted";
  EXPECT_EQ(at("web").attempt, 0);
}

TEST_F(a_tree_with_dependencies, wakes_who_waited_for_its_backoff_already) {
  begin({watched("db"), needing(process("web", 5min), {"db"})});
  EXPECT_EQ(failed("web"), texts{"wait web 300000"});
  after(1s);
  is_down("db");
  after(1s);
  is_up("db");
  EXPECT_EQ(in_window("web"), 1) << "counted once";
  EXPECT_EQ(after(100ms), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, does_not_put_off_a_restart_that_is_due_sooner) {
  begin({watched("db"), needing(process("web", 10ms), {"db"})});
  EXPECT_EQ(failed("web"), texts{"wait web 10"});
  is_down("db");
  after(1ms);
  EXPECT_EQ(is_up("db"), texts{});
  EXPECT_EQ(after(9ms), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, what_a_dependency_depends_on_is_left_alone_too) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("db"), needing(container("mid"), {"db"}), needing(container("web"), {"mid"})});
  for (const auto* name : {"db", "mid", "web"})
    is_up(name);
  is_down("db");
  is_down("mid");
  EXPECT_EQ(sick("web"), texts{"hold web"});
  is_up("db");
  is_up("mid");
  EXPECT_EQ(after(1s), texts{"restart web"}) << "both are just back";
}

TEST_F(a_tree_with_dependencies, what_two_dependencies_depend_on_is_left_alone_too) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("db"), needing(container("left"), {"db"}), needing(container("right"), {"db"}),
         needing(container("web"), {"left", "right"})});
  for (const auto* name : {"db", "left", "right", "web"})
    is_up(name);
  is_down("left");
  EXPECT_EQ(sick("web"), texts{"hold web"});
  is_up("left");
  EXPECT_EQ(after(1s), texts{"restart web"});
}

TEST_F(a_tree_with_dependencies, holds_what_is_due_while_the_dependency_is_down) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  failed("web");
  is_down("db");
  EXPECT_EQ(after(1s), texts{"hold web"});
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"start web"});
  EXPECT_EQ(in_window("web"), 1);
}

TEST_F(a_tree_with_dependencies, spreads_those_it_wakes) {
  std::vector<service_spec> all{watched("db")};
  for (int i = 0; i < 20; ++i)
    all.push_back(needing(process("web" + std::to_string(i), 1min), {"db"}));
  begin(all);
  is_down("db");
  for (int i = 0; i < 20; ++i)
    failed("web" + std::to_string(i));
  is_up("db");
  std::size_t most = 0, started = 0;
  for (int i = 0; i < 20; ++i) {
    const auto now_started = after(100ms).size();
    most = std::max(most, now_started);
    started += now_started;
  }
  EXPECT_EQ(started, 20U) << "all within 2 s";
  EXPECT_LE(most, 2U) << "in 100 ms each";
}

TEST_F(a_tree_with_dependencies, waits_for_all_parents) {
  begin({watched("db"), watched("cache"), needing(process("web", 1s), {"db", "cache"})});
  is_down("db");
  is_down("cache", "unhealthy: no answer");
  failed("web");
  EXPECT_EQ(is_up("db"), texts{});
  EXPECT_EQ(at("web").reason, "broke; held: 'cache' is unhealthy: no answer");
  is_up("cache");
  EXPECT_EQ(after(100ms), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, brings_a_chain_back_in_order) {
  begin({checked(process("db")), needing(checked(process("app", 1s)), {"db"}),
         needing(checked(process("web", 1s)), {"app"})});
  is_up("db"), is_up("app"), is_up("web");
  is_down("db");
  EXPECT_EQ(sick("app"), texts{"hold app"});
  is_down("app");
  EXPECT_EQ(sick("web"), texts{"hold web"});
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"look app"});
  EXPECT_EQ(still_sick("app"), texts{"restart app"});
  started("app");
  EXPECT_EQ(at("web").reason, "broke; held: 'app' is starting");
  EXPECT_EQ(after(10s), texts{});
  is_up("app");
  EXPECT_EQ(after(100ms), texts{"look web"});
}

TEST_F(a_tree_with_dependencies, leaves_alone_who_is_well_again_with_its_dependency) {
  begin({watched("db"), needing(container("web", 1s), {"db"})});
  is_down("db");
  sick("web");
  EXPECT_EQ(recovered("web"), texts{});
  EXPECT_EQ(state("web"), supervision::running);
  is_up("db");
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(a_tree_with_dependencies, a_stopped_dependency_is_down_and_an_ended_one_is_not) {
  begin({of_type(process("migration"), restart_type::transient), process("db"),
         needing(process("web", 1s), {"migration", "db"})});
  is_up("db");
  failed("migration", false, true);
  EXPECT_EQ(state("migration"), supervision::ended);
  EXPECT_EQ(failed("web"), texts{"wait web 1000"});
  after(1s), started("web");
  person(order::stop, "db"), stopped("db");
  EXPECT_EQ(failed("web"), texts{"hold web"});
  person(order::start, "db"), started("db");
  EXPECT_EQ(at("web").reason, "broke; held: 'db' is starting");
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, who_was_given_up_keeps_its_cooldown_and_then_waits_too) {
  spec.tree.intensity.restarts = 0;
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  EXPECT_EQ(failed("web"), texts{"give_up web"});
  is_down("db");
  is_up("db");
  EXPECT_EQ(after(9min), texts{});
  is_down("db");
  EXPECT_EQ(after(1min), texts{"hold web"});
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, a_dependency_that_would_be_started_after_its_dependent_is_not) {
  spec.tree.strategy = strategy::one_for_all;
  begin({needing(process("web", 1s), {"db"}), process("db", 1s)});
  failed("db");
  EXPECT_EQ(after(1s), texts{"stop web"});
  EXPECT_EQ(stopped("web"), texts{"start web"});
  EXPECT_EQ(start_failed("web"), (texts{"hold web", "start db"}));
  started("db");
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"start web"}) << "all for one, but that is just back";
}

TEST_F(a_tree_with_dependencies, what_a_dependency_depends_on_is_restarted_if_it_waits_for_that) {
  spec.tree.strategy = strategy::one_for_all;
  begin({checked(process("db", 10s)), needing(watched("mid"), {"db"}),
         needing(process("web", 1s), {"mid"})});
  is_up("db");
  is_down("mid");
  EXPECT_EQ(failed("web"), texts{"hold web"});
  EXPECT_EQ(failed("db"), texts{"wait db 10000"});
  is_up("mid");
  EXPECT_EQ(after(100ms), texts{"start db"});
  EXPECT_EQ(started("db"), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, a_dependency_restarted_by_a_plan_wakes_who_waits) {
  spec.tree.strategy = strategy::rest_for_one;
  auto dep = container("dep");
  dep.restart.target = exec_target{{}, {}, {"restart"}};
  begin({process("p"), dep, needing(process("web", 1s), {"dep"})});
  EXPECT_EQ(failed("p"), texts{"stop web"});
  stopped("web");
  EXPECT_EQ(started("p"), texts{"restart dep"});
  EXPECT_EQ(started("dep"), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, what_a_dependency_explains_does_not_restart_the_dependency) {
  spec.tree.strategy = strategy::one_for_all;
  spec.tree.intensity = {2, 10min};
  begin({checked(process("db")), needing(process("web"), {"db"}), process("sib")});
  is_up("db");
  EXPECT_EQ(failed("web"), texts{"stop sib"});
  stopped("sib"), stopped("db"), started("db"), started("web"), started("sib");
  EXPECT_EQ(in_window("web"), 1);
  EXPECT_EQ(failed("web"), texts{"hold web"}) << "the database is only starting";
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"stop sib"});
  EXPECT_EQ(stopped("sib"), texts{"start web"});
  EXPECT_EQ(started("web"), texts{"start sib"});
  started("sib");
  EXPECT_EQ(in_window("web"), 1);
  EXPECT_EQ(failed("web"), texts{"stop sib"}) << "its own fault, and all are restarted";
  EXPECT_EQ(stopped("sib"), texts{"stop db"});
  EXPECT_EQ(in_window("web"), 2);
}

TEST_F(a_tree_with_dependencies, a_person_is_not_held) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  is_down("db");
  failed("web");
  EXPECT_EQ(person(order::restart, "web"), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, a_reload_that_takes_the_dependency_away_frees_who_waits) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  is_down("db");
  failed("web");
  spec.services[1].depends_on.clear();
  EXPECT_EQ(reload(), texts{"start web"});
}

TEST_F(a_tree_with_dependencies, who_is_paused_while_held_is_held_again_when_resumed) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  is_down("db");
  failed("web");
  person(order::pause, "web");
  EXPECT_EQ(is_up("db"), texts{});
  is_down("db");
  EXPECT_EQ(person(order::resume, "web"), texts{"hold web"});
  EXPECT_EQ(in_window("web"), 0);
  is_up("db");
  EXPECT_EQ(after(100ms), texts{"start web"});
  EXPECT_EQ(in_window("web"), 0);
}

TEST_F(a_tree_with_dependencies, who_is_resumed_when_the_dependency_is_back_is_not_counted) {
  begin({watched("db"), needing(process("web", 1min), {"db"})});
  is_down("db");
  failed("web");
  person(order::pause, "web");
  is_up("db");
  EXPECT_EQ(person(order::resume, "web"), texts{"start web"});
  EXPECT_EQ(in_window("web"), 0);
}

TEST_F(a_tree_with_dependencies, news_of_an_earlier_run_does_not_count) {
  begin({checked(process("db")), needing(process("web", 1s), {"db"})});
  is_up("db");
  EXPECT_EQ(told(tree->health_is("db", incarnation("db") - 1, false, "old", now, 0)), texts{});
  EXPECT_EQ(failed("web"), texts{"wait web 1000"});
}

} // namespace
} // namespace reeve
