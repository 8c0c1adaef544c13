#include "tests/support/docker_host.hpp"
#include "tests/support/kill_process.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <optional>

// Real containers under the real daemon: killed, unhealthy, stopped by a person, and without
// engine.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s; // Docker starts a container in its own time

class docker_e2e : public testing::Test {
protected:
  void SetUp() override {
    if (!docker_host::possible())
      GTEST_SKIP() << "a Docker engine of our own needs root";
    engine_.emplace();
  }

  docker_host& engine() {
    return *engine_;
  }

  std::string docker_socket() {
    return "docker: {socket: " + engine().socket() + "}\n";
  }

  /// Counts its own starts.
  void run(const std::string& name, const std::vector<std::string>& options = {}) {
    engine().run(name, "echo once >>/tmp/starts; " + docker_host::patient, options);
  }

  /// By whomever; -1 while it is down.
  long starts_of(const std::string& container) {
    auto told = engine().try_docker({"exec", container, "cat", "/tmp/starts"});
    return told.code == 0 ? 1 + std::count(told.out.begin(), told.out.end(), '\n') : -1;
  }

  bool runs(const std::string& container) {
    return engine().docker({"inspect", "-f", "{{.State.Running}}", container}) == "true";
  }

  std::optional<docker_host> engine_;
};

/// Back, as its user sees it, after so many restarts of ours.
testing::AssertionResult back(const reeve_daemon& reeve, const std::string& service, int restarts) {
  if (reeve.becomes(service, "restarts", restarts, patience)
      && reeve.becomes(service, "health", "healthy", patience)
      && reeve.becomes(service, "supervision", "running", patience))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << reeve.service(service);
}

TEST_F(docker_e2e, containers_that_fail_are_restarted_and_those_a_person_stops_are_left) {
  run("killed");
  run("sick", {"--health-cmd", "test -e /tmp/starts", "--health-interval", "200ms",
               "--health-retries", "2", "--health-timeout", "5s"});
  run("rested");
  run("witness");
  run("always", {"--restart", "always"});
  reeve_daemon reeve{docker_socket()
                     + "defaults: {restart: {backoff: {initial: 1s, max: 2s}, stop_timeout: 5s}}\n"
                       "services:\n"
                       "  killed: {check: docker://killed, restart: docker://killed}\n"
                       "  sick: {restart: docker://sick}\n"
                       "  rested: {restart: docker://rested}\n"
                       "  always: {restart: {docker: always, backoff: none}}\n"
                       "  seen: {check: docker://witness}\n"
                       "tree: {intensity: {restarts: 100, within: 1m}}\n"};
  reeve.start_and_wait();
  for (const auto* service : {"killed", "sick", "rested", "always", "seen"})
    ASSERT_TRUE(back(reeve, service, 0)) << reeve.log();
  EXPECT_EQ(reeve.get("/health").status, 200);

  engine().docker({"kill", "killed"});
  EXPECT_TRUE(back(reeve, "killed", 1));
  EXPECT_TRUE(runs("killed"));
  EXPECT_NE(reeve.log().find("exited with code 137 (docker kill)"), std::string::npos);
  EXPECT_EQ(reeve.service("killed")["attempt"], 1) << "one failure is counted once";
  const auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  const auto explained = run_reeve({"explain", "killed", "--url", url});
  EXPECT_NE(explained.out.find("`docker kill` is a failure, and is restarted"), std::string::npos)
    << explained.out << explained.err;
  kill_process(engine().pid_of("killed"), SIGKILL);
  EXPECT_TRUE(back(reeve, "killed", 2));
  EXPECT_EQ(reeve.service("killed")["attempt"], 2);
  EXPECT_TRUE(runs("killed"));

  engine().docker({"exec", "sick", "rm", "/tmp/starts"});
  EXPECT_TRUE(back(reeve, "sick", 1));
  EXPECT_EQ(starts_of("sick"), 1) << "since it lost its file";
  EXPECT_NE(reeve.log().find("its HEALTHCHECK"), std::string::npos);

  engine().docker({"stop", "rested"});
  EXPECT_TRUE(reeve.becomes("rested", "supervision", "stopped", patience));
  EXPECT_EQ(reeve.get("/health").status, 200);

  // Docker brings this one back; who kills another meanwhile sees that "rested" is left.
  kill_process(engine().pid_of("always"), SIGKILL);
  EXPECT_TRUE(eventually([&] { return starts_of("always") == 2; }, patience));
  engine().docker({"kill", "killed"});
  EXPECT_TRUE(back(reeve, "killed", 3));
  EXPECT_TRUE(back(reeve, "always", 0)) << "Docker has restarted it";
  EXPECT_EQ(starts_of("always"), 2);
  EXPECT_FALSE(runs("rested"));
  EXPECT_EQ(starts_of("killed"), 4);

  engine().docker({"start", "rested"});
  EXPECT_TRUE(back(reeve, "rested", 0));
  EXPECT_EQ(reeve.get("/health").status, 200);
  EXPECT_EQ(reeve.metric("reeve_service_restarts_total{service=\"killed\",group=\"root\","
                         "reason=\"container\"}"),
            3);

  // Without a restart target a container is only watched.
  engine().docker({"kill", "witness"});
  EXPECT_TRUE(reeve.becomes("seen", "health", "unhealthy", patience));
  EXPECT_EQ(reeve.service("seen")["reason"], "exited with code 137");
  EXPECT_EQ(reeve.get("/health").status, 503);
  engine().docker({"start", "witness"});
  EXPECT_TRUE(back(reeve, "seen", 0));
}

TEST_F(docker_e2e, without_its_engine_nothing_is_known_and_afterwards_all_is_as_before) {
  for (const auto* container : {"working", "rested", "put_to_rest"})
    run(container);
  reeve_daemon reeve{docker_socket()
                     + "defaults: {restart: {backoff: {initial: 1s, max: 2s}, stop_timeout: 5s}}\n"
                       "services:\n"
                       "  working: {restart: docker://working}\n"
                       "  checked: {check: {docker: working, interval: 1s}}\n"
                       "  rested: {restart: docker://rested}\n"
                       "  put_to_rest: {restart: docker://put_to_rest}\n"
                       "tree: {intensity: {restarts: 100, within: 1m}}\n"};
  reeve.start_and_wait();
  for (const auto* service : {"working", "checked", "rested", "put_to_rest"})
    ASSERT_TRUE(back(reeve, service, 0)) << reeve.log();
  engine().docker({"stop", "rested"});
  ASSERT_TRUE(reeve.becomes("rested", "supervision", "stopped", patience));
  EXPECT_EQ(reeve.post("/api/v1/services/put_to_rest/stop").status, 202);
  ASSERT_TRUE(reeve.becomes("put_to_rest", "supervision", "stopped", patience));
  ASSERT_TRUE(eventually([&] { return !runs("put_to_rest"); }));
  EXPECT_EQ(reeve.get("/health").status, 200);

  engine().stop();
  for (const auto* service : {"working", "checked"}) {
    ASSERT_TRUE(reeve.becomes(service, "health", "unknown", patience)) << reeve.service(service);
    EXPECT_NE(reeve.service(service).value("reason", "").find(engine().socket()), std::string::npos)
      << reeve.service(service);
  }
  EXPECT_EQ(reeve.get("/health").status, 503);
  EXPECT_EQ(reeve.service("working")["supervision"], "running");
  EXPECT_EQ(reeve.service("working")["restarts"], 0);
  EXPECT_EQ(reeve.service("rested")["supervision"], "stopped");

  engine().start();
  EXPECT_TRUE(back(reeve, "working", 1));
  EXPECT_TRUE(runs("working"));
  EXPECT_TRUE(back(reeve, "checked", 0));
  for (const auto* service : {"rested", "put_to_rest"}) {
    EXPECT_EQ(reeve.service(service)["supervision"], "stopped") << reeve.service(service);
    EXPECT_EQ(reeve.service(service)["restarts"], 0);
    EXPECT_FALSE(runs(service));
  }
  EXPECT_EQ(reeve.get("/health").status, 200);
  EXPECT_EQ(starts_of("working"), 2);
}

TEST_F(docker_e2e, an_engine_that_ends_or_crashes_costs_no_service_a_restart_of_its_own) {
  std::string services = "services:\n  rested: {restart: docker://rested}\n";
  std::vector<std::string> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back("c" + std::to_string(i));
    services += "  " + all.back() + ": {restart: {docker: " + all.back() + ", stop_timeout: 1s}}\n";
    run(all.back());
  }
  run("rested");
  reeve_daemon reeve{docker_socket() + services};
  reeve.start_and_wait();
  for (const auto& service : all)
    ASSERT_TRUE(back(reeve, service, 0)) << reeve.log();

  engine().stop();
  ASSERT_TRUE(reeve.becomes("c0", "health", "unknown", patience));
  engine().start();
  for (const auto& service : all) {
    EXPECT_TRUE(back(reeve, service, 1));
    EXPECT_EQ(reeve.service(service)["attempt"], 0) << "not counted";
  }

  engine().docker({"stop", "rested"});
  ASSERT_TRUE(reeve.becomes("rested", "supervision", "stopped", patience));
  engine().crash();
  ASSERT_TRUE(reeve.becomes("c0", "health", "unknown", patience));
  engine().start();
  for (const auto& service : all) {
    EXPECT_TRUE(back(reeve, service, 2));
    EXPECT_EQ(reeve.service(service)["attempt"], 0) << "not counted";
  }
  EXPECT_EQ(reeve.service("rested")["supervision"], "stopped") << reeve.service("rested");
  EXPECT_FALSE(runs("rested"));
  EXPECT_EQ(reeve.get("/health").status, 200);
}

TEST_F(docker_e2e, what_is_restarted_waits_for_its_engine_and_for_its_container) {
  run("there");
  engine().stop();
  reeve_daemon reeve{docker_socket()
                     + "services:\n"
                       "  there: {restart: docker://there}\n"
                       "  missing: {restart: docker://missing}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("there", "health", "unknown", patience));
  EXPECT_EQ(reeve.post("/api/v1/services/there/restart").status, 202);
  ASSERT_TRUE(reeve.becomes("there", "supervision", "waiting", patience));
  EXPECT_NE(reeve.service("there").value("reason", "").find("start Docker"), std::string::npos)
    << reeve.service("there");

  engine().start();
  EXPECT_TRUE(back(reeve, "there", 1));
  ASSERT_TRUE(reeve.becomes("missing", "supervision", "waiting", patience));
  EXPECT_EQ(reeve.service("missing")["reason"],
            "there is no container 'missing'; held: until there is one");
  EXPECT_EQ(reeve.service("missing")["attempt"], 0);
  engine().docker({"create", "--network", "none", "--name", "missing", "box", "/bin/sh", "-c",
                   docker_host::patient});
  EXPECT_TRUE(back(reeve, "missing", 1)) << "Reeve starts what was only created";
}

TEST_F(docker_e2e, what_a_person_pauses_is_left_until_it_is_unpaused) {
  run("app");
  run("db", {"--health-cmd", "true", "--health-interval", "200ms", "--health-retries", "1"});
  run("witness");
  reeve_daemon reeve{
    docker_socket()
    + "services:\n"
      "  app:\n"
      "    check: {exec: [docker, -H, \"unix://"
    + engine().socket()
    + "\", exec, app, test, -e, /bin/sh], interval: 500ms, unhealthy_after: 1}\n"
      "    restart: {docker: app, stop_timeout: 1s, backoff: {initial: 100ms, jitter: 0}}\n"
      "  db: {restart: {docker: db, stop_timeout: 1s, backoff: {initial: 100ms, jitter: 0}}}\n"
      "  seen: {check: {docker: witness, interval: 500ms}}\n"};
  reeve.start_and_wait();
  for (const auto* service : {"app", "db", "seen"})
    ASSERT_TRUE(back(reeve, service, 0)) << reeve.log();

  engine().docker({"pause", "app", "db", "witness"});
  for (const auto* service : {"app", "db"}) {
    ASSERT_TRUE(reeve.becomes(service, "supervision", "paused", patience));
    EXPECT_EQ(reeve.service(service)["reason"], "paused by a person, in Docker");
    EXPECT_EQ(reeve.service(service)["health"], "unknown");
  }
  EXPECT_TRUE(reeve.becomes("seen", "health", "unknown", patience)) << "it is only watched";
  EXPECT_EQ(reeve.service("seen")["reason"], "paused by a person, in Docker");
  EXPECT_EQ(reeve.post("/api/v1/services/app/restart").status, 409);

  engine().docker({"unpause", "app", "db", "witness"});
  for (const auto* service : {"app", "db", "seen"})
    EXPECT_TRUE(back(reeve, service, 0)) << reeve.log();

  engine().docker({"pause", "app"});
  ASSERT_TRUE(reeve.becomes("app", "supervision", "paused", patience));
  engine().docker({"kill", "app"});
  EXPECT_TRUE(back(reeve, "app", 1)) << "that is a failure, paused or not";
}

TEST(docker_socket, that_is_not_there_is_unknown_with_a_sentence) {
  reeve_daemon reeve{"docker: {socket: @DIR@/no.sock}\n"
                     "services:\n"
                     "  box: {restart: docker://box}\n"
                     "  checked: {check: {docker: box, interval: 1s}}\n"};
  reeve.start_and_wait();
  for (const auto* service : {"box", "checked"}) {
    ASSERT_TRUE(reeve.becomes(service, "health", "unknown")) << reeve.service(service);
    auto reason = reeve.service(service).value("reason", "");
    EXPECT_NE(reason.find(reeve.fill_in("@DIR@/no.sock")), std::string::npos) << reason;
    EXPECT_EQ(reeve.service(service)["restarts"], 0);
  }
  EXPECT_EQ(reeve.get("/health").status, 503);
  EXPECT_EQ(reeve.get("/livez").status, 200);
}

} // namespace

} // namespace reeve::test
