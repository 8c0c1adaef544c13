#include "io/checks/docker_check.hpp"
#include "tests/docker/engine_fixture.hpp"

namespace reeve::io::test {

namespace {

using namespace std::chrono_literals;
using kind = check_outcome::kind;

class docker_check_test : public docker_test {
protected:
  check_outcome once(const std::string& container, std::chrono::milliseconds timeout = 10s) {
    auto c = make_docker_check(on, engine.get(), {container}, timeout);
    std::optional<check_outcome> came;
    c->run([&](check_outcome o) { came = std::move(o); });
    EXPECT_FALSE(came) << "a completion comes later";
    EXPECT_TRUE(until([&] { return came.has_value(); }));
    return came.value_or(check_outcome{});
  }

  /// Runs the check until it comes out like this.
  bool comes_out(const std::string& container, kind what) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < deadline) {
      if (once(container).what == what)
        return true;
      run_for(on, 20ms);
    }
    return false;
  }

  std::string with_health(const std::string& command) {
    return run(reeve::test::docker_host::patient,
               {"--health-cmd", command, "--health-interval", "100ms", "--health-retries", "1"});
  }
};

TEST_F(docker_check_test, a_running_container_is_healthy) {
  connect();
  EXPECT_EQ(once(run()).what, kind::answered);
}

TEST_F(docker_check_test, a_container_that_ended_has_failed) {
  connect();
  auto box = run("exit 3");
  host().docker({"wait", box});
  auto o = once(box);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "exited with code 3");
}

TEST_F(docker_check_test, a_missing_container_has_failed) {
  connect();
  auto o = once("nobody");
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no such container 'nobody'");
}

TEST_F(docker_check_test, its_healthcheck_counts) {
  connect();
  auto box = with_health("test -e /tmp/ok");
  ASSERT_TRUE(comes_out(box, kind::failed));
  EXPECT_EQ(once(box).reason, "its HEALTHCHECK fails");
  host().docker({"exec", box, "touch", "/tmp/ok"});
  ASSERT_TRUE(comes_out(box, kind::answered));
}

TEST_F(docker_check_test, a_healthcheck_that_is_starting_says_nothing) {
  connect();
  auto box =
    run(reeve::test::docker_host::patient, {"--health-cmd", "true", "--health-interval", "1h"});
  auto o = once(box);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "its HEALTHCHECK is starting");
  EXPECT_FALSE(o.at_once);
}

TEST_F(docker_check_test, what_is_paused_is_not_known_at_once_and_goes_on_afterwards) {
  connect();
  auto box = with_health("true");
  ASSERT_TRUE(comes_out(box, kind::answered));
  host().docker({"pause", box});
  auto o = once(box);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_TRUE(o.at_once);
  EXPECT_EQ(o.reason, "paused by a person, in Docker");
  host().docker({"unpause", box});
  o = once(box);
  EXPECT_NE(o.what, kind::failed) << "the engine called it unhealthy for its pause: " << o.reason;
  ASSERT_TRUE(comes_out(box, kind::answered));
}

TEST_F(docker_check_test, without_an_engine_nothing_is_known_at_once) {
  engine = std::make_unique<docker_engine>(on, host().folder() + "/nowhere.sock");
  auto o = once("box");
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_TRUE(o.at_once);
  EXPECT_NE(o.reason.find("there is no Docker socket"), std::string::npos) << o.reason;
  engine.reset();
  o = once("box");
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "no Docker engine");
}

TEST_F(docker_check_test, an_engine_that_hangs_says_nothing_of_the_service) {
  connect();
  auto box = run();
  host().freeze();
  auto o = once(box, 50ms);
  host().thaw();
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_TRUE(o.at_once);
}

TEST_F(docker_check_test, a_check_that_goes_away_is_cancelled) {
  connect();
  auto c = make_docker_check(on, engine.get(), {run()}, 10s);
  std::optional<check_outcome> came;
  c->run([&](check_outcome o) { came = std::move(o); });
  c.reset();
  ASSERT_TRUE(came);
  EXPECT_EQ(came->what, kind::cancelled);
  run_for(on, 100ms); // the engine's answer comes to nobody
}

} // namespace

} // namespace reeve::io::test
