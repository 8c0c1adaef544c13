#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct orders : tree_fixture {};

TEST_F(orders, that_make_no_sense_are_refused_with_the_reason) {
  auto watched = container("w");
  watched.restart.target = std::monostate{};
  begin({process("a", 1s), watched});
  const auto refused = [&](order o, const char* name, const char* why) {
    EXPECT_EQ(person(o, name), (texts{why}));
  };
  refused(order::restart, "bb", "no service 'bb'");
  refused(order::restart, "aa", "no service 'aa'; did you mean 'a'?");
  refused(order::restart, "w", "'w' has no restart target: it is only watched");
  refused(order::pause, "w", "'w' has no restart target: it is only watched");
  refused(order::resume, "a", "'a' is not paused");
  refused(order::start, "a", "'a' runs already: restart it instead");
  person(order::pause, "a");
  refused(order::pause, "a", "'a' is paused already");
  refused(order::restart, "a", "'a' is paused: resume it first");
  person(order::resume, "a");
  EXPECT_EQ(person(order::stop, "a"), (texts{"stop a"}));
  refused(order::stop, "a", "'a' is stopped already");
  refused(order::start, "a", "'a' is still being stopped: try again when it is");
  stopped("a");
  refused(order::pause, "a", "'a' is stopped: there is nothing to pause");
  EXPECT_EQ(person(order::start, "a"), (texts{"start a"}));
  refused(order::restart, "a", "'a' is being restarted already");
  refused(order::pause, "a", "'a' is being restarted already");
}

TEST_F(orders, a_restart_is_of_one_service_only_and_clears_the_slate) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a", 1s), process("b")});
  failed("a");
  EXPECT_EQ(person(order::restart, "a"), (texts{"start a"}));
  EXPECT_EQ(last.cause, restart_cause::person);
  EXPECT_EQ(at("a").restarts_in_window, 0);
  EXPECT_EQ(at("a").attempt, 0);
  started("a");
  EXPECT_EQ(after(1h), texts{}) << "its wait was called off";
  EXPECT_EQ(person(order::restart, "b"), (texts{"restart b"}));
  EXPECT_EQ(started("b"), texts{});
}

TEST_F(orders, a_restart_that_fails_is_an_ordinary_failure) {
  begin({process("a", 1s)});
  person(order::restart, "a");
  EXPECT_EQ(start_failed("a"), (texts{"wait a 1000"}));
  EXPECT_EQ(at("a").restarts_in_window, 1);
}

TEST_F(orders, what_ended_or_was_stopped_can_be_started) {
  begin({of_type(process("a"), restart_type::transient)});
  failed("a", false, true);
  EXPECT_EQ(person(order::start, "a"), (texts{"start a"}));
  started("a");
  person(order::stop, "a");
  stopped("a");
  EXPECT_EQ(person(order::restart, "a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(orders, what_a_person_stopped_stays_stopped_and_out_of_plans) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(person(order::stop, "b"), (texts{"stop b"}));
  EXPECT_EQ(state("b"), supervision::stopped);
  EXPECT_EQ(failed("b", false), texts{});
  stopped("b");
  EXPECT_EQ(failed("a"), (texts{"stop c"}));
  EXPECT_EQ(stopped("c"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
  EXPECT_EQ(state("b"), supervision::stopped);
}

TEST_F(orders, a_stop_calls_off_a_wait) {
  begin({process("a", 1s)});
  failed("a");
  EXPECT_EQ(person(order::stop, "a"), texts{}) << "it is dead already";
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
}

TEST_F(orders, a_stop_takes_a_service_out_of_a_plan) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("a"), (texts{"stop c"}));
  EXPECT_EQ(person(order::stop, "c"), texts{}) << "that stop is under way";
  EXPECT_EQ(stopped("c"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
  EXPECT_EQ(person(order::stop, "a"), texts{});
  EXPECT_EQ(started("a"), (texts{"stop a", "start b"}));
  EXPECT_EQ(stopped("a"), texts{});
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(state("c"), supervision::stopped);
}

TEST_F(orders, a_stop_during_a_failing_start_leaves_it_stopped) {
  begin({process("a", 1s)});
  failed("a");
  after(1s);
  person(order::stop, "a");
  EXPECT_EQ(start_failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(orders, what_waited_for_a_service_that_is_stopped_goes_on_without_it) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a", 1s), process("b")});
  failed("a");
  after(1s);
  stopped("b");
  start_failed("a");
  EXPECT_EQ(state("b"), supervision::waiting);
  EXPECT_EQ(person(order::stop, "a"), (texts{"start b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(state("b"), supervision::running);
}

TEST_F(orders, what_waited_for_a_service_that_is_paused_goes_on_without_it) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a", 1s), process("b"), process("c")});
  failed("a");
  after(1s);
  stopped("c"), stopped("b");
  start_failed("a");
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(person(order::pause, "a"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
}

TEST_F(orders, what_waited_for_a_service_that_somebody_else_started_goes_on) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({container("a", 1s), process("b"), process("c")});
  failed("a");
  after(1s);
  stopped("c"), stopped("b");
  start_failed("a");
  EXPECT_EQ(told(tree->observed_start("a", now)), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
}

// -- pausing ------------------------------------------------------------------

TEST_F(orders, failures_while_paused_are_acted_on_at_resume) {
  begin({process("a", 1s)});
  EXPECT_EQ(person(order::pause, "a"), texts{});
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::paused);
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(person(order::resume, "a"), (texts{"wait a 1000"}));
}

TEST_F(orders, what_healed_while_paused_is_left_alone_at_resume) {
  begin({container("a", 1s)});
  person(order::pause, "a");
  sick("a");
  recovered("a");
  EXPECT_EQ(person(order::resume, "a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(orders, a_wait_interrupted_by_a_pause_is_not_counted_twice) {
  begin({process("a", 1s)});
  failed("a");
  person(order::pause, "a");
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(person(order::resume, "a"), (texts{"start a"}));
  EXPECT_EQ(at("a").attempt, 1);
}

TEST_F(orders, paused_services_are_no_part_of_a_plan) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b")});
  person(order::pause, "b");
  EXPECT_EQ(failed("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("b"), supervision::paused);
}

// -- what others do -----------------------------------------------------------

TEST_F(orders, a_stop_by_somebody_else_is_respected) {
  begin({container("a", 1s)});
  EXPECT_EQ(told(tree->observed_stop("a", "stopped with docker", now)), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
  EXPECT_EQ(at("a").reason, "stopped with docker");
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(told(tree->observed_start("a", now)), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(incarnation("a"), 1U);
}

TEST_F(orders, a_start_by_somebody_else_calls_off_the_wait) {
  begin({container("a", 1s)});
  failed("a");
  EXPECT_EQ(told(tree->observed_start("a", now)), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(sick("a"), (texts{"wait a 2000"})) << "the failure was counted all the same";
}

TEST_F(orders, what_we_do_ourselves_is_not_taken_for_somebody_elses_doing) {
  begin({container("a")});
  sick("a");
  EXPECT_EQ(told(tree->observed_stop("a", "stopped", now)), texts{});
  EXPECT_EQ(told(tree->observed_start("a", now)), texts{});
  EXPECT_EQ(state("a"), supervision::restarting);
  started("a");
  EXPECT_EQ(incarnation("a"), 1U);
}

TEST_F(orders, what_somebody_else_started_is_not_started_again_by_a_plan) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({container("a"), container("b")});
  failed("b");
  started("b");
  EXPECT_EQ(failed("a"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start a"}));
  EXPECT_EQ(told(tree->observed_start("b", now)), texts{});
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("b"), supervision::running);
}

} // namespace
} // namespace reeve
