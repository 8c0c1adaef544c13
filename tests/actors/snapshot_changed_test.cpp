#include "io/loop/loop.hpp"
#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors;
using namespace reeve::actors::test;

/// The aggregator says that the snapshot is another, for pages that follow it.
class snapshot_changed : public daemon_fixture {
protected:
  void start_two() {
    world_.answers("http://web", 200);
    world_.answers("http://api", 200);
    world_.snapshot_changed = [this] {
      ++told_;
      last_seen_ = daemon_->snapshot();
    };
    start(daemon_of({web_service("web"), web_service("api")}));
  }

  int told_ = 0;
  snapshot_ptr last_seen_;
};

TEST_F(snapshot_changed, is_told_once_in_a_turn_however_many_facts_it_brings) {
  start_two();
  advance(1min);
  EXPECT_GE(world_.runs["http://web"] + world_.runs["http://api"], 12);
  EXPECT_EQ(told_, 0) << "from no actor's handler";
  world_.begin_turn();
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(last_seen_->find("web")->health, health::healthy);
}

TEST_F(snapshot_changed, is_not_told_in_a_turn_that_brings_nothing) {
  start_two();
  advance(10s);
  world_.begin_turn();
  world_.begin_turn();
  run();
  world_.begin_turn();
  EXPECT_EQ(told_, 1);
  daemon_->config_reloaded(true); // a fact, but none of a picture
  run();
  world_.begin_turn();
  EXPECT_EQ(told_, 1);
}

TEST_F(snapshot_changed, is_told_anew_of_each_change_after_it) {
  start_two();
  advance(10s);
  world_.begin_turn();
  give("web", order::pause);
  world_.begin_turn();
  EXPECT_EQ(told_, 2);
  EXPECT_EQ(last_seen_->find("web")->supervision, supervision::paused);
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({web_service("web")})));
  run();
  world_.begin_turn();
  EXPECT_EQ(told_, 3);
  EXPECT_EQ(last_seen_->find("api"), nullptr);
}

TEST_F(snapshot_changed, is_told_even_if_the_aggregator_died_before_it_could_be) {
  start_two();
  advance(10s);
  world_.begin_turn();
  give("web", order::pause);
  kill("aggregator");
  world_.begin_turn();
  EXPECT_EQ(told_, 2);
  give("web", order::resume);
  world_.begin_turn();
  EXPECT_EQ(told_, 3) << "and by its successor";
}

TEST_F(snapshot_changed, is_told_of_what_came_while_no_aggregator_lived) {
  start_two();
  advance(10s);
  world_.begin_turn();
  ASSERT_TRUE(daemon_->kill("aggregator"));
  give("web", order::pause);
  world_.begin_turn();
  EXPECT_EQ(told_, 2);
  EXPECT_EQ(last_seen_->find("web")->supervision, supervision::paused);
}

TEST_F(snapshot_changed, is_not_told_once_the_actors_are_gone) {
  start_two();
  ASSERT_EQ(world_.for_next_turn.size(), 1U);
  daemon_.reset();
  run();
  world_.begin_turn();
  EXPECT_EQ(told_, 0);
}
