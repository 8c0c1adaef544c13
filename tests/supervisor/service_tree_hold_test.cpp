// What a restart waits for beside its backoff: dependencies, a last look, the host.
#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct a_tree_with_dependencies : tree_fixture {
  static service_spec needing(service_spec s, std::vector<std::string> names) {
    s.depends_on = std::move(names);
    return s;
  }
  static service_spec checked(service_spec s) {
    s.checks.push_back({"tcp", tcp_check{"localhost", 1, "", "", {}}});
    s.checks.back().timeout = 5s;
    return s;
  }
  static service_spec watched(std::string name) {
    service_spec s;
    s.name = std::move(name);
    return checked(s);
  }
  texts is_up(const std::string& name) {
    return told(tree->health_is(name, incarnation(name), true, "", now, 0.5));
  }
  texts is_down(const std::string& name, std::string why = "unhealthy: refused") {
    return told(tree->health_is(name, incarnation(name), false, std::move(why), now, 0.5));
  }
  texts still_sick(const std::string& name) {
    return told(tree->still_sick(name, incarnation(name), now));
  }
  std::vector<decision> decisions() {
    std::vector<decision> all;
    for (auto& n : tree->take_news())
      if (auto* d = std::get_if<decision>(&n))
        all.push_back(std::move(*d));
    return all;
  }
  std::vector<std::string> outcomes() {
    std::vector<std::string> all;
    for (const auto& n : tree->take_news())
      if (const auto* j = std::get_if<restart_judged>(&n))
        all.push_back(j->service + " " + describe(*j));
    return all;
  }
  int in_window(const std::string& name) {
    return at(name).restarts_in_window;
  }
};

// -- dependencies ------------------------------------------------------------------

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
  EXPECT_EQ(after(100ms), (texts{"stop db"})) << "all for one";
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

TEST_F(a_tree_with_dependencies, a_new_run_that_nothing_can_be_known_of_holds_nobody) {
  begin({checked(process("db")), needing(process("web", 1s), {"db"})});
  EXPECT_EQ(failed("web"), texts{"hold web"});
  EXPECT_EQ(told(tree->health_is_unknown("db", incarnation("db"), now)), texts{"wait web 62"});
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

TEST_F(a_tree_with_dependencies, news_of_an_earlier_run_does_not_count) {
  begin({checked(process("db")), needing(process("web", 1s), {"db"})});
  is_up("db");
  EXPECT_EQ(told(tree->health_is("db", incarnation("db") - 1, false, "old", now, 0)), texts{});
  EXPECT_EQ(failed("web"), texts{"wait web 1000"});
}

// -- a last look -------------------------------------------------------------------

TEST_F(a_tree_with_dependencies, looks_once_more_before_a_delayed_restart_of_what_runs) {
  begin({checked(container("web", 1s))});
  EXPECT_EQ(sick("web"), texts{"wait web 1000"});
  EXPECT_EQ(after(1s), texts{"look web"});
  EXPECT_EQ(still_sick("web"), texts{"restart web"});
}

TEST_F(a_tree_with_dependencies, leaves_alone_what_healed_before_it_was_looked_at) {
  begin({checked(container("web", 1s))});
  sick("web");
  after(1s);
  EXPECT_EQ(recovered("web"), texts{});
  EXPECT_EQ(still_sick("web"), texts{}) << "an answer that came too late";
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(a_tree_with_dependencies, restarts_without_an_answer_in_the_end) {
  begin({checked(container("web", 1s))});
  sick("web");
  after(1s);
  EXPECT_EQ(after(6s), texts{"restart web"}) << "a timeout of 5 s and one more";
}

TEST_F(a_tree_with_dependencies, does_not_look_at_what_is_dead_or_is_restarted_at_once) {
  begin({checked(process("dead", 1s)), checked(container("quick"))});
  failed("dead");
  EXPECT_EQ(after(1s), texts{"start dead"});
  EXPECT_EQ(sick("quick"), texts{"restart quick"});
}

// -- the host ----------------------------------------------------------------------

TEST_F(a_tree_with_dependencies, restarts_no_more_at_once_than_the_budget_allows) {
  spec.budget = budget_spec{2, 0};
  begin({process("a"), process("b"), process("c"), process("d")});
  EXPECT_EQ(failed("a"), texts{"start a"});
  EXPECT_EQ(failed("b"), texts{"start b"});
  EXPECT_EQ(failed("c"), texts{"hold c"});
  EXPECT_EQ(failed("d"), texts{"hold d"});
  EXPECT_EQ(at("c").reason, "broke; held: 2 of at most 2 restarts at once are under way");
  EXPECT_EQ(started("b"), texts{"start c"}) << "who came first goes first";
  EXPECT_EQ(start_failed("a"), (texts{"hold a", "start d"}));
}

TEST_F(a_tree_with_dependencies, begins_no_more_in_a_minute_than_the_budget_allows) {
  spec.budget = budget_spec{0, 2};
  begin({process("a"), process("b"), process("c")});
  failed("a"), started("a");
  after(20s);
  failed("b"), started("b");
  EXPECT_EQ(failed("c"), texts{"hold c"});
  EXPECT_EQ(tree->next_due(), now + 40s);
  EXPECT_EQ(after(39s), texts{});
  EXPECT_EQ(after(1s), texts{"start c"});
}

TEST_F(a_tree_with_dependencies, a_group_too_large_for_the_budget_goes_alone) {
  spec.budget = budget_spec{0, 2};
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("a"), (texts{"stop c"}));
  stopped("c"), stopped("b"), started("a"), started("b"), started("c");
  EXPECT_EQ(failed("b"), texts{"hold b"});
  EXPECT_EQ(after(60s), texts{"stop c"});
}

TEST_F(a_tree_with_dependencies, a_person_does_not_wait_for_the_budget) {
  spec.budget = budget_spec{1, 1};
  begin({process("a"), process("b")});
  failed("a");
  failed("b");
  EXPECT_EQ(person(order::restart, "b"), texts{"start b"});
  started("b");
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(a_tree_with_dependencies, restarts_nothing_under_pressure) {
  begin({process("a")});
  EXPECT_EQ(told(tree->pressure_is("cpu pressure 91 % is over 80 %", now)), texts{});
  EXPECT_EQ(failed("a"), texts{"hold a"});
  EXPECT_EQ(at("a").reason, "broke; held: cpu pressure 91 % is over 80 %");
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(told(tree->pressure_is(std::nullopt, now)), texts{"start a"});
}

TEST_F(a_tree_with_dependencies, a_held_group_is_shown_in_those_members_that_wait_for_it) {
  spec.tree.children = {group_spec{.name = "app",
                                   .strategy = strategy::one_for_all,
                                   .intensity = {0, 10min},
                                   .on_exhausted = on_exhausted::escalate,
                                   .children = {"a", "b", "c"}}};
  begin({process("a", 1s), process("b"), process("c")});
  person(order::stop, "c"), stopped("c");
  tree->pressure_is("cpu pressure 91 % is over 80 %", now);
  failed("a"), stopped("b");
  decisions();
  EXPECT_EQ(after(1s), texts{"hold app"});
  std::vector<std::string> held;
  for (const auto& d : decisions())
    held.push_back(d.service + " " + d.numbers);
  EXPECT_EQ(held, (texts{"a held: cpu pressure 91 % is over 80 %",
                         "b held: cpu pressure 91 % is over 80 %"}));
  EXPECT_EQ(at("b").hold, held_by::host);
  EXPECT_FALSE(at("b").next_restart);
  EXPECT_TRUE(at("b").reason.ends_with("; held: cpu pressure 91 % is over 80 %")) << at("b").reason;
  EXPECT_EQ(at("c").hold, held_by::nothing);
  EXPECT_EQ(at("c").reason, "stopped by a person");
  told(tree->pressure_is("cpu pressure 92 % is over 80 %", now));
  EXPECT_TRUE(decisions().empty()) << "held is held";
  EXPECT_EQ(told(tree->pressure_is(std::nullopt, now)), texts{"start a"});
}

TEST_F(a_tree_with_dependencies, who_heals_while_it_is_held_is_left_alone) {
  spec.budget = budget_spec{1, 0};
  begin({process("a"), container("b")});
  failed("a");
  EXPECT_EQ(sick("b"), texts{"hold b"});
  recovered("b");
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("b"), supervision::running);
}

TEST_F(a_tree_with_dependencies, a_reload_may_take_what_is_held_away) {
  spec.budget = budget_spec{1, 0};
  begin({process("a"), process("b")});
  failed("a"), failed("b");
  spec.services.pop_back();
  spec.tree.children.pop_back();
  reload();
  EXPECT_EQ(started("a"), texts{});
}

// -- remedies and outcomes ----------------------------------------------------------

TEST_F(a_tree_with_dependencies, climbs_the_ladder_when_a_remedy_does_not_help) {
  auto web = container("web");
  web.restart.attempts = 2;
  web.restart.further = {{exec_target{{}, {}, {"recreate"}}, 1},
                         {exec_target{{}, {}, {"page"}}, 0}};
  begin({web});
  std::vector<std::size_t> remedies;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(sick("web"), texts{"restart web"});
    remedies.push_back(last.remedy);
    started("web");
  }
  EXPECT_EQ(remedies, (std::vector<std::size_t>{0, 0, 1, 2, 2}));
}

TEST_F(a_tree_with_dependencies, begins_at_the_foot_again_after_a_stable_run) {
  auto web = container("web");
  web.restart.attempts = 1;
  web.restart.further = {{exec_target{{}, {}, {"recreate"}}, 0}};
  begin({web});
  sick("web"), started("web");
  sick("web");
  EXPECT_EQ(last.remedy, 1U);
  started("web"), recovered("web");
  now += 1h;
  failed("web", true, false, now);
  EXPECT_EQ(last.remedy, 0U);
}

TEST_F(a_tree_with_dependencies, tells_what_became_of_each_restart) {
  begin({process("a")});
  failed("a"), started("a");
  now += 2s;
  recovered("a");
  EXPECT_EQ(outcomes(), texts{"a healthy after 2 s"});
  now += 3min;
  failed("a");
  EXPECT_EQ(outcomes(), texts{"a relapsed after 3m"});
  started("a");
  failed("a");
  EXPECT_EQ(outcomes(), texts{"a no effect"});
  start_failed("a");
  EXPECT_EQ(outcomes(), texts{"a no effect"});
}

TEST_F(a_tree_with_dependencies, a_failure_long_after_is_no_relapse) {
  begin({process("a")});
  failed("a"), started("a"), recovered("a");
  outcomes();
  now += 11min;
  failed("a");
  EXPECT_EQ(outcomes(), texts{});
}

// -- explanations --------------------------------------------------------------------

TEST_F(a_tree_with_dependencies, explains_a_wait_with_its_numbers) {
  begin({process("a", 1s)});
  failed("a"), after(1s), started("a");
  decisions();
  tree->failed("a", incarnation("a"), {"exited with code 1"}, now, 0);
  const auto told = decisions();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].what, decision::kind::wait);
  EXPECT_EQ(told[0].reason, "exited with code 1");
  EXPECT_EQ(told[0].numbers, "restart 2 of 5 in 10m; delay 2 s = 1 s x 2^1");
}

TEST_F(a_tree_with_dependencies, explains_what_is_held_and_what_woke_it) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  is_down("db");
  failed("web");
  is_up("db");
  after(100ms);
  const auto told = decisions();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].what, decision::kind::hold);
  EXPECT_EQ(told[0].numbers, "held: 'db' is unhealthy: refused");
  EXPECT_EQ(told[1].what, decision::kind::wake);
  EXPECT_EQ(told[1].numbers, "what it depends on is back: delay 12 ms");
  EXPECT_EQ(told[2].what, decision::kind::restart);
}

TEST_F(a_tree_with_dependencies, explains_a_backoff_cut_short) {
  begin({watched("db"), needing(process("web", 1min), {"db"})});
  failed("web");
  is_down("db");
  is_up("db");
  EXPECT_EQ(decisions().back().numbers, "what it depends on is back: delay 12 ms");
}

TEST_F(a_tree_with_dependencies, explains_giving_up) {
  spec.tree.intensity.restarts = 1;
  begin({process("a")});
  failed("a"), started("a"), failed("a");
  const auto told = decisions();
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().what, decision::kind::give_up);
  EXPECT_EQ(told.back().reason, "broke; more than 1 restart within 10m in group 'root'");
  EXPECT_EQ(told.back().numbers, "one careful try in 10m");
}

} // namespace
} // namespace reeve
