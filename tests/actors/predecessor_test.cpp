#include "tests/actors/support/daemon_fixture.hpp"

using namespace reeve;
using namespace reeve::actors::test;

class a_start_that_waits_for_its_predecessor : public daemon_fixture {};

TEST_F(a_start_that_waits_for_its_predecessor, is_shown_as_such_and_counts_as_nothing) {
  world_.held.insert("api");
  start(daemon_of({process_service("api")}));
  daemon_->process_waits("api", true);
  run();
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  EXPECT_EQ(picture("api")->reason,
            "waits for its predecessor: what an earlier Reeve ran for it has not ended yet");
  EXPECT_EQ(lines_with("api waits for its predecessor"), 1U) << log_.text();
  advance(60s);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  daemon_->process_waits("api", false);
  run();
  EXPECT_EQ(supervision_of("api"), supervision::restarting);
  world_.release("api");
  run();
  EXPECT_EQ(supervision_of("api"), supervision::running);
  EXPECT_EQ(health_of("api"), health::healthy);
  EXPECT_EQ(picture("api")->restarts, 0U);
  EXPECT_EQ(picture("api")->reason, "");
}

TEST_F(a_start_that_waits_for_its_predecessor, is_still_shown_by_a_restarter_after_the_first) {
  world_.held.insert("api");
  start(daemon_of({process_service("api")}));
  daemon_->process_waits("api", true);
  run();
  ASSERT_TRUE(daemon_->kill("restarter"));
  advance(1s);
  EXPECT_EQ(supervision_of("api"), supervision::waiting);
  world_.release("api");
  run();
  EXPECT_EQ(supervision_of("api"), supervision::running);
}
