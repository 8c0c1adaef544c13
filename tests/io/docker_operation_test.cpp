#include "io/docker/docker_operation.hpp"

#include <gtest/gtest.h>

namespace reeve::io {

namespace {

using namespace std::chrono_literals;
using kind = docker_operation::kind;

docker_api::container box(bool running, bool restarting = false) {
  docker_api::container c;
  c.id = "0123456789ab";
  c.name = "box";
  c.state.running = running;
  c.state.restarting = restarting;
  return c;
}

docker_operation to(kind what, std::chrono::milliseconds stop_timeout = 0ms) {
  return {.what = what, .container = "box", .stop_timeout = stop_timeout};
}

TEST(docker_operation, gives_the_container_at_least_its_stop_timeout) {
  const auto up = box(true);
  EXPECT_EQ(to(kind::stop, 500ms).path(up), "/containers/0123456789ab/stop?t=1");
  EXPECT_EQ(to(kind::restart, 1001ms).path(up), "/containers/0123456789ab/restart?t=2");
  EXPECT_EQ(to(kind::restart, 2s).path(up), "/containers/0123456789ab/restart?t=2");
  EXPECT_EQ(to(kind::stop).path(up), "/containers/0123456789ab/stop?t=0");
}

TEST(docker_operation, starts_what_the_engine_waits_to_restart_by_a_restart) {
  EXPECT_EQ(to(kind::start).path(box(false)), "/containers/0123456789ab/start");
  EXPECT_EQ(to(kind::start).path(box(true, true)), "/containers/0123456789ab/restart?t=0");
}

TEST(docker_operation, waits_longer_for_the_reply_than_the_engine_for_the_container) {
  EXPECT_GT(to(kind::stop, 10s).patience(), 10s);
}

TEST(docker_operation, is_needed_unless_the_container_is_so_already) {
  EXPECT_FALSE(to(kind::start).needed(box(true)));
  EXPECT_TRUE(to(kind::start).needed(box(false)));
  EXPECT_TRUE(to(kind::start).needed(box(true, true)));
  EXPECT_TRUE(to(kind::stop).needed(box(true)));
  EXPECT_TRUE(to(kind::stop).needed(box(false, true)));
  EXPECT_FALSE(to(kind::stop).needed(box(false)));
  EXPECT_TRUE(to(kind::restart).needed(box(true)));
  EXPECT_TRUE(to(kind::restart).needed(box(false)));
}

TEST(docker_operation, is_judged_by_the_state_before_and_after) {
  const auto before = box(true);
  auto after = before;
  EXPECT_FALSE(to(kind::stop).achieved(before, after));
  EXPECT_FALSE(to(kind::restart).achieved(before, after)) << "the same run";
  after.state.started_at += 1ms;
  EXPECT_TRUE(to(kind::restart).achieved(before, after));
  after.state.restarting = true;
  EXPECT_FALSE(to(kind::restart).achieved(before, after));
  EXPECT_FALSE(to(kind::start).achieved(box(false), after));
  EXPECT_TRUE(to(kind::start).achieved(box(false), box(true)));
  EXPECT_TRUE(to(kind::stop).achieved(before, box(false)));
}

TEST(docker_operation, says_what_the_engine_or_else_the_container_says) {
  auto after = box(false);
  after.state.exit_code = 3;
  EXPECT_EQ(to(kind::restart).failure(after, "no space"), "container 'box': Docker says: no space");
  EXPECT_EQ(to(kind::restart).failure(after, ""),
            "container 'box' did not stay up: it exited with code 3");
  EXPECT_EQ(to(kind::stop).failure(box(true), ""), "container 'box' still runs after its stop");
  EXPECT_EQ(to(kind::restart).failure(box(true), ""), "container 'box' was not restarted");
  after.problem = "no such file";
  EXPECT_EQ(to(kind::start).failure(after, ""), "container 'box' was not started: no such file");
}

} // namespace

} // namespace reeve::io
