// What a restart waits for beside its backoff and dependencies: a last look, the host.
#include "tests/supervisor/dependency_fixture.hpp"

#include <set>

namespace reeve {
namespace {

using namespace std::chrono_literals;

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

TEST_F(a_tree_with_dependencies, looks_for_as_long_as_it_takes_to_be_called_healthy) {
  auto slow = checked(container("web", 1s));
  slow.checks[0].interval = 10s;
  slow.checks[0].healthy_after = 3;
  begin({slow});
  sick("web");
  after(1s);
  EXPECT_EQ(after(26s - 1ms), texts{}) << "5 s of timeout, two intervals and one second more";
  EXPECT_EQ(after(1ms), texts{"restart web"});
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

TEST_F(a_tree_with_dependencies, who_healed_and_is_held_again_comes_last) {
  begin({container("a"), container("b")});
  tree->pressure_is("cpu pressure 91 % is over 80 %", now);
  sick("a");
  sick("b");
  recovered("a");
  sick("a");
  EXPECT_EQ(told(tree->pressure_is(std::nullopt, now)), (texts{"restart b", "restart a"}));
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

TEST_F(a_tree_with_dependencies, nobody_overtakes_a_group_for_which_too_little_is_left) {
  spec.budget = budget_spec{0, 3};
  group_spec app{.name = "app", .strategy = strategy::one_for_all, .children = {"a", "b", "c"}};
  spec.tree.children = {app, "d", "e"};
  begin({process("a"), process("b"), process("c"), process("d"), process("e")});
  failed("d"), started("d");
  EXPECT_EQ(failed("a"), texts{"hold a"});
  EXPECT_EQ(failed("e"), texts{"hold e"}) << "one would be left for it";
  EXPECT_EQ(after(60s), (texts{"stop c"}));
  stopped("c"), stopped("b"), started("a"), started("b");
  EXPECT_EQ(started("c"), texts{});
  EXPECT_EQ(after(60s), texts{"start e"});
}

TEST_F(a_tree_with_dependencies, a_group_that_needs_more_than_is_left_says_so) {
  spec.budget = budget_spec{0, 3};
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b")});
  failed("a"), stopped("b"), started("a"), started("b");
  EXPECT_EQ(failed("b"), texts{"hold b"});
  EXPECT_EQ(at("b").reason, "broke; held: 2 of at most 3 restarts a minute are used up, and what "
                            "comes first needs more than is left");
}

TEST_F(a_tree_with_dependencies, a_budget_that_a_reload_made_smaller_is_kept_to) {
  spec.budget = budget_spec{0, 2};
  begin({process("a"), process("b"), process("c")});
  failed("a"), started("a");
  after(20s);
  failed("b"), started("b");
  spec.budget = budget_spec{0, 1};
  reload();
  EXPECT_EQ(failed("c"), texts{"hold c"});
  EXPECT_EQ(after(40s), texts{}) << "that of b still counts";
  EXPECT_EQ(tree->next_due(), now + 20s);
  EXPECT_EQ(after(20s), texts{"start c"});
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

TEST_F(a_tree_with_dependencies, a_held_group_that_a_person_brought_back_holds_up_nobody) {
  spec.tree.children = {group_spec{.name = "app",
                                   .intensity = {0, 10min},
                                   .on_exhausted = on_exhausted::escalate,
                                   .children = {"a", "b"}},
                        "c"};
  begin({process("a"), process("b"), process("c")});
  tree->pressure_is("cpu pressure 91 % is over 80 %", now);
  failed("a"), stopped("b");
  failed("c");
  person(order::restart, "a"), started("a");
  person(order::restart, "b"), started("b");
  EXPECT_EQ(told(tree->pressure_is(std::nullopt, now)), texts{"start c"});
  EXPECT_EQ(after(24h), texts{});
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

TEST_F(a_tree_with_dependencies, a_reload_may_take_a_held_group_away) {
  const group_spec app{.name = "app",
                       .intensity = {0, 10min},
                       .on_exhausted = on_exhausted::escalate,
                       .children = {"a", "b"}};
  spec.tree.children = {app, "c"};
  begin({process("a"), process("b"), process("c")});
  tree->pressure_is("cpu pressure 91 % is over 80 %", now);
  failed("a"), stopped("b");
  EXPECT_EQ(failed("c"), texts{"hold c"});
  spec.tree.children = {"a", "b", "c"};
  reload();
  const auto went_on = told(tree->pressure_is(std::nullopt, now));
  EXPECT_EQ(std::set<std::string>(went_on.begin(), went_on.end()),
            (std::set<std::string>{"start a", "start b", "start c"}));
}

} // namespace
} // namespace reeve
