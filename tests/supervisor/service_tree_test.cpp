#include "supervisor/service_tree.hpp"
#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct service_tree_fixture : tree_fixture {};

// -- one service --------------------------------------------------------------

TEST_F(service_tree_fixture, boots_processes_one_after_another_and_takes_others_as_they_are) {
  spec.services = {process("a"), container("b"), process("c")};
  spec.tree.name = "root";
  spec.tree.children = {"c", "b", "a"};
  tree.emplace(spec, now);
  EXPECT_EQ(told(tree->boot(now)), (texts{"start c"}));
  EXPECT_EQ(last.cause, restart_cause::boot);
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(started("c"), (texts{"start a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(incarnation("a"), 1U);
  EXPECT_EQ(at("a").restarts, 0U) << "the first start is no restart";
}

TEST_F(service_tree_fixture, a_restart_waits_for_its_backoff) {
  begin({process("a", 1s)});
  EXPECT_EQ(failed("a"), (texts{"wait a 1000"}));
  EXPECT_EQ(state("a"), supervision::waiting);
  EXPECT_EQ(at("a").reason, "broke");
  EXPECT_EQ(at("a").next_restart, now + 1s);
  EXPECT_EQ(tree->next_due(), now + 1s);
  EXPECT_EQ(after(999ms), texts{});
  EXPECT_EQ(after(1ms), (texts{"start a"}));
  EXPECT_EQ(last.cause, restart_cause::failed);
  EXPECT_EQ(last.reason, "broke");
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(tree->next_due(), std::nullopt);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(at("a").restarts, 1U);
  EXPECT_EQ(failed("a"), (texts{"wait a 2000"}));
  EXPECT_EQ(at("a").attempt, 2);
}

TEST_F(service_tree_fixture, what_is_alive_and_alone_is_restarted_in_one_action) {
  begin({container("a")});
  EXPECT_EQ(sick("a"), (texts{"restart a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(failed("a"), (texts{"start a"})) << "dead, and so not stopped";
}

TEST_F(service_tree_fixture, what_dies_while_it_waits_is_not_stopped) {
  begin({container("a", 1s)});
  EXPECT_EQ(sick("a"), (texts{"wait a 1000"}));
  EXPECT_EQ(failed("a"), texts{}) << "and not counted twice";
  EXPECT_EQ(at("a").restarts_in_window, 1);
  EXPECT_EQ(after(1s), (texts{"start a"}));
}

TEST_F(service_tree_fixture, what_heals_by_itself_is_left_alone) {
  begin({container("a", 1s)});
  sick("a");
  EXPECT_EQ(recovered("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(after(1h), texts{});
  failed("a");
  EXPECT_EQ(recovered("a"), texts{});
  EXPECT_EQ(state("a"), supervision::waiting) << "the dead do not heal";
}

TEST_F(service_tree_fixture, facts_about_an_earlier_run_are_ignored) {
  begin({container("a")});
  sick("a");
  started("a");
  EXPECT_EQ(told(tree->failed("a", 0, {"old news", false, false, {}}, now, 0)), texts{});
  EXPECT_EQ(told(tree->recovered("a", 0, now)), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(told(tree->failed("nobody", 0, {}, now, 0)), texts{});
}

TEST_F(service_tree_fixture, watched_services_are_never_restarted) {
  auto watched = container("a");
  watched.restart.target = std::monostate{};
  begin({watched});
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(service_tree_fixture, the_type_decides_whether_it_comes_back) {
  begin({of_type(process("t"), restart_type::transient),
         of_type(process("u"), restart_type::temporary)});
  EXPECT_EQ(failed("t", false, true), texts{});
  EXPECT_EQ(state("t"), supervision::ended);
  EXPECT_EQ(failed("u"), (texts{"give_up u"}));
  EXPECT_EQ(at("u").reason, "broke; its type temporary never restarts it");
  EXPECT_EQ(at("u").next_restart, std::nullopt);
  EXPECT_EQ(after(24h), texts{}) << "no careful try either";
}

TEST_F(service_tree_fixture, a_stable_run_resets_the_backoff) {
  begin({process("a", 1s)});
  failed("a");
  after(1s);
  started("a");
  now += 10s;
  recovered("a");
  now += 60s;
  EXPECT_EQ(failed("a", false, false, now), (texts{"wait a 1000"}));
}

// -- groups -------------------------------------------------------------------

TEST_F(service_tree_fixture, siblings_are_stopped_when_the_wait_ends_in_reverse_order) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b", 1s), process("c")});
  EXPECT_EQ(failed("b"), (texts{"wait b 1000"}));
  EXPECT_EQ(state("c"), supervision::running);
  EXPECT_EQ(after(1s), (texts{"stop c"}));
  EXPECT_EQ(last.cause, restart_cause::group);
  EXPECT_EQ(last.reason, "with 'b', which failed: broke");
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(at("a").reason, "with 'b', which failed: broke");
  EXPECT_EQ(at("b").reason, "broke");
  EXPECT_EQ(stopped("c"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(last.cause, restart_cause::failed);
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
  for (const auto* name : {"a", "b", "c"})
    EXPECT_EQ(state(name), supervision::running);
  EXPECT_EQ(at("a").attempt, 0) << "it did not fail";
}

TEST_F(service_tree_fixture, a_plan_takes_over_the_waits_of_its_members) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a", 1s), process("b", 1min)});
  EXPECT_EQ(failed("b"), (texts{"wait b 60000"}));
  EXPECT_EQ(failed("a"), (texts{"wait a 1000"}));
  EXPECT_EQ(after(1s), (texts{"start a"}));
  EXPECT_EQ(state("b"), supervision::restarting);
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(service_tree_fixture, a_failure_of_a_member_is_heard_when_the_plan_is_done) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b")});
  EXPECT_EQ(failed("a"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(started("b"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
}

TEST_F(service_tree_fixture, a_member_that_dies_before_its_stop_is_started_with_the_rest) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"stop c"}));
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(stopped("c"), (texts{"start a"}));
  started("a");
  started("b");
  EXPECT_EQ(started("c"), texts{}) << "its death before that start is history";
  EXPECT_EQ(at("a").restarts_in_window, 1);
}

TEST_F(service_tree_fixture, a_plan_that_overlaps_one_of_its_group_waits_for_it) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"stop c"}));
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::waiting);
  EXPECT_EQ(stopped("c"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), (texts{"stop c"}));
  EXPECT_EQ(stopped("c"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
}

TEST_F(service_tree_fixture, plans_without_common_members_run_side_by_side) {
  begin({process("a"), process("b")});
  EXPECT_EQ(failed("a"), (texts{"start a"}));
  EXPECT_EQ(failed("b"), (texts{"start b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(state("a"), supervision::restarting);
}

TEST_F(service_tree_fixture, what_ended_cleanly_comes_back_with_its_group_temporary_ones_do_not) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), of_type(process("t"), restart_type::transient),
         of_type(process("u"), restart_type::temporary)});
  failed("t", false, true);
  EXPECT_EQ(failed("a"), (texts{"stop u"}));
  EXPECT_EQ(stopped("u"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start t"}));
  EXPECT_EQ(started("t"), texts{});
  EXPECT_EQ(state("u"), supervision::ended);
  EXPECT_EQ(at("u").reason, "stopped with its group; its type temporary leaves it so");
}

// -- starts that fail ---------------------------------------------------------

TEST_F(service_tree_fixture, a_failed_start_counts_and_is_tried_anew_with_those_after_it) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a"), process("b", 1s), process("c")});
  EXPECT_EQ(failed("a"), (texts{"stop c"}));
  stopped("c");
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(start_failed("b"), (texts{"wait b 1000"}));
  EXPECT_EQ(at("b").restarts_in_window, 2);
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(at("c").reason, "waits for 'b'");
  EXPECT_EQ(at("c").next_restart, now + 1s);
  EXPECT_EQ(after(1s), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
}

TEST_F(service_tree_fixture, a_failed_start_in_one_for_all_stops_those_before_it_again) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b")});
  failed("a");
  stopped("b");
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(start_failed("b"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
}

TEST_F(service_tree_fixture, a_failed_start_does_not_hold_up_what_is_independent) {
  spec.services = {process("a", 1s), process("b")};
  spec.tree.name = "root";
  spec.tree.children = {"a", "b"};
  tree.emplace(spec, now);
  EXPECT_EQ(told(tree->boot(now)), (texts{"start a"}));
  EXPECT_EQ(start_failed("a"), (texts{"wait a 1000", "start b"}));
}

TEST_F(service_tree_fixture, what_waited_for_a_start_goes_on_without_it_when_it_is_given_up) {
  spec.tree.strategy = strategy::rest_for_one;
  spec.tree.intensity = {1, 10min};
  begin({process("a"), process("b")});
  EXPECT_EQ(failed("a"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
  EXPECT_EQ(start_failed("a"), (texts{"give_up a", "start b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(state("a"), supervision::given_up);
}

TEST_F(service_tree_fixture, a_failed_restart_leaves_it_alive_and_restarts_again) {
  begin({container("a", 1s)});
  sick("a");
  EXPECT_EQ(after(1s), (texts{"restart a"}));
  EXPECT_EQ(start_failed("a"), (texts{"wait a 2000"}));
  EXPECT_EQ(after(2s), (texts{"restart a"}));
}

// -- giving up ----------------------------------------------------------------

struct giving_up : service_tree_fixture {
  giving_up() {
    spec.tree.intensity = {1, 10min};
    spec.tree.cooldown = 5min;
  }
};

TEST_F(giving_up, gives_up_the_one_service_and_leaves_its_siblings) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("a"), container("b")});
  EXPECT_EQ(sick("a"), (texts{"stop b"}));
  stopped("b");
  stopped("a");
  started("a");
  started("b");
  EXPECT_EQ(sick("a"), (texts{"give_up a"}));
  EXPECT_EQ(at("a").reason, "broke; more than 1 restart within 10m in group 'root'");
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(at("a").next_restart, now + 5min);
}

TEST_F(giving_up, names_the_group_whose_restarts_were_too_many) {
  spec.tree.intensity = {2, 1min};
  begin({process("a"), process("b")});
  for (const auto* name : {"a", "b"}) {
    failed(name);
    started(name);
  }
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(at("a").reason, "broke; more than 2 restarts within 1m in group 'root'");
}

TEST_F(giving_up, shows_no_more_restarts_of_a_group_than_were_allowed) {
  begin({process("a")});
  failed("a");
  started("a");
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(tree->view(now).restarts_in_window, 1);
}

TEST_F(giving_up, tries_carefully_after_the_cooldown_without_counting) {
  begin({container("a")});
  sick("a");
  started("a");
  sick("a");
  EXPECT_EQ(after(5min), (texts{"restart a"}));
  EXPECT_EQ(last.cause, restart_cause::cooldown);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(at("a").restarts_in_window, 2);
  now += 11min;
  EXPECT_EQ(sick("a"), (texts{"give_up a"})) << "though the window has room";
  EXPECT_EQ(after(5min), (texts{"restart a"}));
  EXPECT_EQ(start_failed("a"), (texts{"give_up a"}));
  after(5min);
  started("a");
  recovered("a");
  now += 1h;
  EXPECT_EQ(failed("a", true, false, now), (texts{"restart a"})) << "a stable run ended the trial";
}

TEST_F(giving_up, waits_for_a_person_without_a_cooldown) {
  spec.tree.cooldown = 0ms;
  begin({process("a")});
  failed("a");
  started("a");
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(tree->next_due(), std::nullopt);
  EXPECT_EQ(person(order::restart, "a"), (texts{"start a"}));
  started("a");
  EXPECT_EQ(at("a").restarts_in_window, 0);
  EXPECT_EQ(failed("a"), (texts{"start a"}));
}

TEST_F(giving_up, takes_back_what_healed_by_itself) {
  begin({container("a")});
  sick("a");
  started("a");
  sick("a");
  EXPECT_EQ(recovered("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(sick("a"), (texts{"give_up a"}));
}

TEST_F(giving_up, of_intensity_zero_comes_with_the_first_failure) {
  spec.tree.intensity.restarts = 0;
  begin({process("a")});
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
}

// -- escalation ---------------------------------------------------------------

struct escalation : service_tree_fixture {
  group_spec app(restart_type type = restart_type::permanent) {
    group_spec g;
    g.name = "app";
    g.intensity = {0, 10min};
    g.on_exhausted = on_exhausted::escalate;
    g.type = type;
    g.children = {"b", "c"};
    return g;
  }
};

TEST_F(escalation, stops_the_group_and_restarts_it_as_a_child_of_its_parent) {
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b", 2s), process("c"), process("d")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "wait b 2000", "stop c"}));
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(state("b"), supervision::waiting);
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(at("c").next_restart, now + 2s);
  EXPECT_EQ(at("c").reason,
            "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke");
  EXPECT_EQ(tree->view(now).restarts_in_window, 1);
  EXPECT_EQ(after(2s), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
  EXPECT_EQ(state("d"), supervision::running);
}

TEST_F(escalation, shows_who_is_only_stopped_as_waiting_with_the_time_of_the_restart) {
  spec.tree.children = {app()};
  begin({process("b", 2s), process("c")});
  failed("b");
  for (const auto* name : {"b", "c"}) {
    EXPECT_EQ(state(name), supervision::waiting) << "while c is being stopped";
    EXPECT_EQ(at(name).next_restart, now + 2s);
  }
  EXPECT_EQ(failed("c"), texts{}) << "dead before it was stopped";
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(person(order::restart, "c"),
            (texts{"'c' is still being stopped: try again when it is"}));
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(after(2s), (texts{"start b"}));
  EXPECT_EQ(state("c"), supervision::restarting);
}

TEST_F(escalation, shows_who_is_only_stopped_as_given_up_with_the_time_of_the_careful_try) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  spec.tree.children = {app()};
  begin({process("b"), container("c")});
  failed("b");
  EXPECT_EQ(recovered("c"), texts{}) << "good news of what is being stopped";
  for (const auto* name : {"b", "c"}) {
    EXPECT_EQ(state(name), supervision::given_up);
    EXPECT_EQ(at(name).next_restart, now + 1min);
    EXPECT_FALSE(at(name).ends_reeve);
    EXPECT_EQ(at(name).reason,
              "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke; more "
              "than 0 restarts within 10m in group 'root'");
  }
  EXPECT_EQ(after(1min), texts{}) << "c is still being stopped";
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c", "start b"}));
}

TEST_F(escalation, follows_the_strategy_of_the_parent) {
  spec.tree.strategy = strategy::rest_for_one;
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b"), process("c"), process("d")});
  EXPECT_EQ(failed("c"), (texts{"escalate app", "stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"stop d"}));
  EXPECT_EQ(stopped("d"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), (texts{"start d"}));
}

TEST_F(escalation, at_the_root_stops_everything_and_ends_reeve) {
  spec.tree.on_exhausted = on_exhausted::escalate;
  spec.tree.intensity = {0, 10min};
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b"), process("c"), process("d")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "escalate root", "stop c"}));
  for (const auto* name : {"a", "b", "c", "d"}) {
    EXPECT_EQ(state(name), supervision::given_up) << name;
    EXPECT_TRUE(at(name).ends_reeve) << "no person can start it";
  }
  EXPECT_EQ(person(order::restart, "d"), (texts{"everything is being stopped"}));
  EXPECT_EQ(stopped("c"), (texts{"stop d"}));
  EXPECT_EQ(stopped("d"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"exit root"}));
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(escalation, a_group_that_is_not_restarted_is_given_up_as_a_whole) {
  spec.tree.children = {"a", app(restart_type::transient)};
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "stop c"}));
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c"}));
  EXPECT_EQ(
    at("c").reason,
    "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke; its type "
    "transient leaves it so");
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(escalation, a_refused_group_is_given_up_and_tried_carefully_as_a_whole) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  spec.tree.children = {"a", app()};
  begin({process("a"), process("b"), process("c")});
  failed("b");
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c"}));
  EXPECT_EQ(at("c").next_restart, now + 1min);
  EXPECT_EQ(after(1min), (texts{"start b"}));
  EXPECT_EQ(last.cause, restart_cause::cooldown);
  EXPECT_EQ(started("b"), (texts{"start c"}));
  started("c");
  EXPECT_EQ(failed("c"), (texts{"escalate app", "stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"give_up b", "give_up c"}));
}

TEST_F(escalation, takes_over_the_plans_below_and_waits_for_what_is_in_flight) {
  auto g = app();
  g.intensity = {1, 10min};
  spec.tree.children = {g};
  begin({process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"start b"}));
  EXPECT_EQ(failed("c"), (texts{"escalate app"})) << "b is being started";
  EXPECT_EQ(started("b"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
}

TEST_F(escalation, temporary_services_come_back_when_their_group_begins_anew) {
  spec.tree.children = {app()};
  begin({process("b"), of_type(process("c"), restart_type::temporary)});
  EXPECT_EQ(failed("c"), (texts{"give_up c"}));
  EXPECT_EQ(failed("b"), (texts{"escalate app", "start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
}

// -- targets that cannot do everything ----------------------------------------

TEST_F(service_tree_fixture, what_can_only_be_restarted_is_not_stopped) {
  spec.tree.strategy = strategy::one_for_all;
  auto only = container("b");
  only.restart.target = exec_target{{}, {}, {"restart-b"}};
  begin({container("a"), only});
  EXPECT_EQ(failed("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"restart b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(failed("b"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"restart b"})) << "dead, but it has no start command";
  started("b");
  EXPECT_EQ(person(order::stop, "b"), (texts{"'b' has no stop command"}));
}

// -- what it tells ------------------------------------------------------------

TEST_F(service_tree_fixture, tells_each_change_once_at_the_end) {
  begin({process("a", 1s)});
  const auto actions = tree->failed("a", 1, {"broke", false, false, {}}, now, 0);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(text_of(actions[0]), "wait a 1000");
  EXPECT_EQ(text_of(actions[1]), "changed a");
  EXPECT_TRUE(tree->failed("a", 1, {"again", false, false, {}}, now, 0).empty());
}

TEST_F(service_tree_fixture, shows_its_shape) {
  group_spec g;
  g.name = "app";
  g.strategy = strategy::rest_for_one;
  g.intensity = {3, 5min};
  g.children = {"b"};
  spec.tree.children = {"a", g};
  begin({process("a"), process("b")});
  failed("b");
  const auto view = tree->view(now);
  EXPECT_EQ(view.name, "root");
  EXPECT_EQ(std::get<std::string>(view.children[0]), "a");
  const auto& app = std::get<service_tree::group_view>(view.children[1]);
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.strategy, strategy::rest_for_one);
  EXPECT_EQ(app.restarts_in_window, 1);
  EXPECT_EQ(at("b").group, "app");
}

TEST_F(service_tree_fixture, a_shutdown_stops_living_processes_in_reverse_order) {
  begin({process("a"), container("b"), process("c"), process("d", 1s)});
  failed("d");
  EXPECT_EQ(tree->shutdown_order(), (texts{"c", "a"}));
}

} // namespace
} // namespace reeve
