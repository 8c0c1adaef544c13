#include "supervisor/tree/service_tree.hpp"
#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct service_tree_fixture : tree_fixture {};

// -- one service --------------------------------------------------------------

TEST_F(service_tree_fixture, boots_processes_in_tree_order_and_takes_others_as_they_are) {
  spec.services = {process("a"), container("b"), process("c")};
  spec.tree.name = "root";
  spec.tree.children = {"c", "b", "a"};
  tree.emplace(spec, now);
  EXPECT_EQ(told(tree->boot(now)), (texts{"start c", "start a"}));
  EXPECT_EQ(last.cause, restart_cause::boot);
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(state("c"), supervision::restarting);
  EXPECT_EQ(started("c"), texts{});
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
  EXPECT_EQ(told(tree->boot(now)), (texts{"start a", "start b"}));
  EXPECT_EQ(start_failed("a"), (texts{"wait a 1000"}));
}

TEST_F(service_tree_fixture, boots_side_by_side_what_no_strategy_ties_together) {
  group_spec tied;
  tied.name = "tied";
  tied.strategy = strategy::rest_for_one;
  group_spec inner;
  inner.name = "inner";
  inner.children = {"b", "c"};
  tied.children = {"a", inner, "d"};
  spec.services = {process("a"), process("b"), process("c"),
                   process("d"), process("e"), process("f")};
  spec.tree.name = "root";
  spec.tree.children = {"e", tied, "f"};
  tree.emplace(spec, now);
  EXPECT_EQ(told(tree->boot(now)), (texts{"start e", "start a", "start f"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(started("f"), texts{});
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), (texts{"start d"}));
  EXPECT_EQ(started("d"), texts{});
}

TEST_F(service_tree_fixture, decides_what_failed_while_its_group_starts_once_that_is_done) {
  spec.services = {process("a", 1s), process("b")};
  spec.tree.name = "root";
  spec.tree.strategy = strategy::rest_for_one;
  spec.tree.children = {"a", "b"};
  tree.emplace(spec, now);
  EXPECT_EQ(told(tree->boot(now)), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_FALSE(at("a").undecided);
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_TRUE(at("a").undecided) << "nobody may say that it is restarted now";
  EXPECT_EQ(started("b"), (texts{"wait a 1000"}));
  EXPECT_FALSE(at("a").undecided);
  after(1s);
  EXPECT_EQ(failed("b"), texts{}) << "it is stopped and started with a in any case";
  EXPECT_FALSE(at("b").undecided);
}

TEST_F(service_tree_fixture, restarts_at_once_what_fails_while_others_are_still_booted) {
  spec.services = {process("slow"), process("a"), process("late", 1s)};
  spec.tree.name = "root";
  spec.tree.children = {"slow", "a", "late"};
  tree.emplace(spec, now);
  tree->boot(now);
  started("a");
  started("late");
  EXPECT_EQ(failed("a"), (texts{"start a"}));
  EXPECT_EQ(failed("late"), (texts{"wait late 1000"}));
  EXPECT_EQ(state("slow"), supervision::restarting);
  spec.services.push_back(process("new"));
  spec.tree.children.emplace_back("new");
  EXPECT_EQ(reload(), (texts{"start new"})) << "nor does a reload wait for it";
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
  EXPECT_EQ(std::get<service_view>(view.children[0]).name, "a");
  const auto& app = std::get<group_view>(view.children[1]);
  EXPECT_EQ(app.name, "app");
  EXPECT_EQ(app.strategy, strategy::rest_for_one);
  EXPECT_EQ(app.window->restarts, 1);
  EXPECT_EQ(at("b").group, "app");
}

} // namespace
} // namespace reeve
