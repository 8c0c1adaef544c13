// What is restarted by an engine: it may end, be away, have no such container, and be paused.
#include "tests/supervisor/dependency_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct a_tree_of_containers : a_tree_with_dependencies {
  texts ended_with_engine(const std::string& name, double random = 0) {
    return told(tree->failed(name, incarnation(name),
                             {.reason = "was stopped with Docker itself", .whose = blame::engine},
                             now, random));
  }
  texts target_is(const std::string& name, bool is_there, double random = 0) {
    return told(tree->target_is(name, is_there, "Docker does not answer", now, random));
  }
  texts finds_no_target(const std::string& name) {
    return told(tree->start_failed(name, "Docker does not answer", now, 0, blame::engine));
  }
  texts paused(const std::string& name) {
    return told(tree->observed_pause(name, "paused by a person, in Docker", now));
  }
  texts runs(const std::string& name) {
    return told(tree->observed_start(name, now, "by somebody"));
  }
};

// -- the engine's end -----------------------------------------------------------------

TEST_F(a_tree_of_containers, brings_all_back_that_their_engine_ended_and_counts_none) {
  spec.tree.intensity = {0, 10min};
  begin({container("a", 1s), container("b", 1s), container("c", 1s)});
  EXPECT_EQ(ended_with_engine("a"), texts{"wait a 100"});
  EXPECT_EQ(ended_with_engine("b", 0.5), texts{"wait b 550"});
  EXPECT_EQ(ended_with_engine("c", 0.9), texts{"wait c 910"});
  EXPECT_EQ(after(1s), (texts{"start a", "start b", "start c"}));
  for (const auto* name : {"a", "b", "c"}) {
    started(name);
    EXPECT_EQ(state(name), supervision::running);
    EXPECT_EQ(in_window(name), 0);
    EXPECT_EQ(at(name).attempt, 0);
  }
}

TEST_F(a_tree_of_containers, starts_what_depends_on_others_when_those_are_back) {
  begin({container("db"), needing(container("web"), {"db"})});
  ended_with_engine("db");
  EXPECT_EQ(ended_with_engine("web"), texts{"hold web"});
  EXPECT_EQ(after(100ms), texts{"start db"});
  started("db");
  EXPECT_EQ(is_up("db"), texts{"wait web 12"});
  EXPECT_EQ(after(100ms), texts{"start web"});
}

TEST_F(a_tree_of_containers, never_restarts_what_is_temporary_for_its_engines_sake) {
  begin({of_type(container("once"), restart_type::temporary)});
  EXPECT_EQ(ended_with_engine("once"), texts{"give_up once"});
}

TEST_F(a_tree_of_containers, takes_no_end_of_the_engine_for_a_restart_that_did_not_help) {
  begin({container("a")});
  failed("a");
  started("a");
  recovered("a");
  EXPECT_EQ(outcomes(), texts{"a healthy after 0 ms"});
  ended_with_engine("a");
  EXPECT_EQ(outcomes(), texts{});
}

// -- nothing to act on ----------------------------------------------------------------

TEST_F(a_tree_of_containers, holds_what_found_nothing_to_act_on_until_there_is_something) {
  spec.tree.intensity = {1, 10min};
  begin({container("a", 1s)});
  EXPECT_EQ(failed("a"), texts{"wait a 1000"});
  EXPECT_EQ(after(1s), texts{"start a"});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(finds_no_target("a"), texts{"hold a"});
    EXPECT_EQ(state("a"), supervision::waiting);
    EXPECT_EQ(at("a").reason, "broke; held: Docker does not answer");
    EXPECT_EQ(at("a").hold, held_by::target);
    EXPECT_EQ(after(5s), texts{});
    EXPECT_EQ(target_is("a", true), texts{"wait a 100"});
    EXPECT_EQ(after(100ms), texts{"start a"});
  }
  EXPECT_EQ(in_window("a"), 1) << "the failure itself";
  EXPECT_EQ(at("a").attempt, 1);
  started("a");
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(a_tree_of_containers, spreads_those_that_come_back) {
  begin({container("a")});
  failed("a");
  finds_no_target("a");
  EXPECT_EQ(target_is("a", true, 0.25), texts{"wait a 325"});
  EXPECT_EQ(after(325ms), texts{"start a"});
}

TEST_F(a_tree_of_containers, does_not_try_while_there_is_nothing_to_act_on) {
  begin({container("a", 1s), container("b")});
  failed("a");
  target_is("a", false);
  EXPECT_EQ(after(1s), texts{"hold a"}) << "its backoff is over";
  target_is("b", false);
  EXPECT_EQ(failed("b"), texts{"hold b"}) << "there is no such container";
  EXPECT_EQ(in_window("b"), 1) << "that of the other";
  EXPECT_EQ(runs("b"), texts{}) << "a person made it anew";
  EXPECT_EQ(state("b"), supervision::running);
}

TEST_F(a_tree_of_containers, an_order_of_a_person_waits_for_something_to_act_on) {
  begin({container("a")});
  EXPECT_EQ(person(order::restart, "a"), texts{"restart a"});
  EXPECT_EQ(finds_no_target("a"), texts{"hold a"});
  EXPECT_EQ(person(order::stop, "a"), texts{"stop a"});
  stopped("a");
  EXPECT_EQ(target_is("a", true), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
}

TEST_F(a_tree_of_containers, keeps_a_careful_try_for_when_there_is_something_to_act_on) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  begin({container("a")});
  EXPECT_EQ(failed("a"), texts{"give_up a"});
  target_is("a", false);
  EXPECT_EQ(after(1min), texts{"hold a"});
  EXPECT_EQ(state("a"), supervision::given_up);
  EXPECT_EQ(target_is("a", true), texts{});
  EXPECT_EQ(after(100ms), texts{"start a"});
}

TEST_F(a_tree_of_containers, a_new_target_is_there) {
  begin({container("a")});
  failed("a");
  finds_no_target("a");
  spec.services[0].restart.target = docker_target{"another"};
  reload();
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(failed("a"), texts{"start a"});
}

// -- nothing left to start it with ----------------------------------------------------

TEST_F(a_tree_of_containers, tries_again_without_counting_what_the_machine_could_not_start) {
  spec.tree.intensity = {1, 10min};
  begin({process("a")});
  EXPECT_EQ(failed("a"), texts{"start a"});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(told(tree->start_failed("a", "out of descriptors", now, 0.5, blame::machine)),
              texts{"wait a 7500"});
    EXPECT_EQ(state("a"), supervision::waiting);
    EXPECT_EQ(at("a").reason, "out of descriptors");
    EXPECT_EQ(after(7'500ms), texts{"start a"});
  }
  EXPECT_EQ(in_window("a"), 1) << "its own failure";
  EXPECT_EQ(at("a").attempt, 1);
  started("a");
  EXPECT_EQ(outcomes(), texts{});
  EXPECT_EQ(state("a"), supervision::running);
}

// -- paused -----------------------------------------------------------------------------

TEST_F(a_tree_of_containers, leaves_alone_what_is_paused_until_it_runs_again) {
  begin({container("a", 1s)});
  sick("a");
  EXPECT_EQ(paused("a"), texts{});
  EXPECT_EQ(state("a"), supervision::paused);
  EXPECT_EQ(at("a").reason, "paused by a person, in Docker");
  EXPECT_EQ(after(1h), texts{}) << "the restart that waited";
  EXPECT_EQ(sick("a"), texts{});
  EXPECT_EQ(runs("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(after(1h), texts{}) << "how it is now is seen anew";
  EXPECT_EQ(sick("a"), texts{"wait a 2000"});
}

TEST_F(a_tree_of_containers, what_was_paused_and_is_gone_is_restarted) {
  begin({container("killed"), container("ended")});
  paused("killed");
  EXPECT_EQ(failed("killed"), texts{"start killed"});
  paused("ended");
  EXPECT_EQ(ended_with_engine("ended"), texts{"wait ended 100"});
}

TEST_F(a_tree_of_containers, what_was_paused_and_is_stopped_is_stopped) {
  begin({container("a")});
  paused("a");
  tree->observed_stop("a", "was stopped by a person", now);
  EXPECT_EQ(state("a"), supervision::stopped);
  EXPECT_EQ(failed("a"), texts{});
}

TEST_F(a_tree_of_containers, what_is_paused_is_no_part_of_its_groups_restarts) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("a"), container("b"), container("c")});
  paused("b");
  EXPECT_EQ(failed("a"), texts{"stop c"});
}

TEST_F(a_tree_of_containers, who_depends_on_what_is_paused_waits_for_it) {
  begin({container("db"), needing(container("web"), {"db"})});
  paused("db");
  EXPECT_EQ(sick("web"), texts{"hold web"});
  EXPECT_EQ(at("web").reason, "broke; held: 'db' is paused");
  runs("db");
  EXPECT_EQ(is_up("db"), texts{"wait web 12"});
}

TEST_F(a_tree_of_containers, says_where_to_unpause_it) {
  begin({container("a")});
  paused("a");
  for (const auto o : {order::restart, order::start, order::pause, order::resume})
    EXPECT_EQ(person(o, "a"), texts{"'a' is paused in Docker: unpause it there"});
  EXPECT_EQ(person(order::stop, "a"), texts{"stop a"});
}

TEST_F(a_tree_of_containers, keeps_what_is_paused_here_and_there_until_both_have_ended) {
  begin({container("a"), container("b")});
  for (const auto* name : {"a", "b"}) {
    person(order::pause, name);
    paused(name);
    EXPECT_EQ(at(name).reason, "paused by a person");
  }
  person(order::resume, "a");
  EXPECT_EQ(at("a").reason, "paused by a person, in Docker");
  EXPECT_EQ(state("a"), supervision::paused);
  runs("a");
  EXPECT_EQ(state("a"), supervision::running);
  runs("b");
  EXPECT_EQ(state("b"), supervision::paused);
  person(order::resume, "b");
  EXPECT_EQ(state("b"), supervision::running);
}

TEST_F(a_tree_of_containers, another_reeve_sees_for_itself_what_is_paused_in_docker) {
  begin({container("there"), container("here")});
  paused("there");
  person(order::pause, "here");
  paused("here");
  const instant at_end{now, wall_time{now.time_since_epoch() / 1ms * 1ms}};
  const auto left = tree->remember({"there", "here"}, at_end);
  tree.emplace(spec, now);
  tree->take_over(left, at_end);
  tree->boot(now);
  EXPECT_EQ(state("there"), supervision::running);
  EXPECT_EQ(state("here"), supervision::paused);
  person(order::resume, "here");
  EXPECT_EQ(state("here"), supervision::running);
}

} // namespace
} // namespace reeve
