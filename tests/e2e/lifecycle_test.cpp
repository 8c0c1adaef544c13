#include "tests/support/kill_process.hpp"
#include "tests/support/places.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

// Start, reload, shutdown, and the commands, as a user meets them.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

const std::string two_workers =
  "services:\n"
  "  a: {process: {command: [sleep, \"86501.@A@\"]}, restart: {backoff: none}}\n"
  "  b: {process: {command: [sleep, \"86502.@A@\"]}, restart: {backoff: none}}\n";

pid_t pid_of(const reeve_daemon& reeve, const std::string& what) {
  auto found = processes_with(reeve.fill_in(what));
  return found.size() == 1 ? found.front() : 0;
}

TEST(reload, adds_changes_and_removes_while_others_keep_their_counters) {
  reeve_daemon reeve{two_workers};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("a", "health", "healthy"));
  ASSERT_TRUE(eventually([&] { return pid_of(reeve, "sleep 86501.@A@") != 0; }));
  kill_process(pid_of(reeve, "sleep 86501.@A@"), SIGKILL);
  ASSERT_TRUE(reeve.becomes("a", "restarts", 1));
  ASSERT_TRUE(reeve.becomes("a", "health", "healthy"));
  auto a = pid_of(reeve, "sleep 86501.@A@");
  auto b = pid_of(reeve, "sleep 86502.@A@");

  reeve.write_config("services:\n"
                     "  a: {process: {command: [sleep, \"86501.@A@\"]}, restart: {backoff: none}}\n"
                     "  b: {process: {command: [sleep, \"86503.@A@\"]}, restart: {backoff: none}}\n"
                     "  c: {process: {command: [sleep, \"86504.@A@\"]}}\n");
  reeve.signal(SIGHUP);
  ASSERT_TRUE(reeve.becomes("c", "health", "healthy"));
  EXPECT_TRUE(eventually([&] { return pid_of(reeve, "sleep 86503.@A@") != 0; }));
  EXPECT_TRUE(eventually([&] { return processes_with(reeve.fill_in("sleep 86502.@A@")).empty(); }));
  EXPECT_NE(b, 0);
  EXPECT_EQ(pid_of(reeve, "sleep 86501.@A@"), a);
  EXPECT_EQ(reeve.service("a")["restarts"], 1);
  EXPECT_EQ(reeve.metric("reeve_config_reloads_total{result=\"ok\"}"), 1);

  reeve.write_config(
    "services:\n"
    "  a: {process: {command: [sleep, \"86501.@A@\"]}, restart: {backoff: none}}\n");
  reeve.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return reeve.get("/api/v1/services/c").status == 404; }));
  EXPECT_TRUE(eventually([&] { return processes_with(reeve.fill_in("sleep 86504.@A@")).empty(); }));
  EXPECT_EQ(pid_of(reeve, "sleep 86501.@A@"), a);
  EXPECT_EQ(reeve.service("a")["restarts"], 1);
  EXPECT_NE(reeve.log().find("warning no longer in the config, watched no more, and stopped if a "
                             "process: b, c\n"),
            std::string::npos)
    << reeve.log();
}

TEST(reload, a_quote_that_is_not_closed_stops_nothing) {
  reeve_daemon reeve{two_workers};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("b", "health", "healthy"));
  const auto b = pid_of(reeve, "sleep 86502.@A@");
  reeve.write_config("services:\n"
                     "  a:\n"
                     "    description: \"the first\n"
                     "    process: {command: [sleep, '86501.@A@']}\n"
                     "  b: {process: {command: [sleep, '86502.@A@']}}\n");
  reeve.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return reeve.log().find("reeve.yaml:4:18: this quote is never closed") != std::string::npos;
  }));
  EXPECT_EQ(pid_of(reeve, "sleep 86502.@A@"), b);
}

TEST(reload, a_bad_file_changes_nothing_and_says_so) {
  reeve_daemon reeve{two_workers};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("a", "health", "healthy"));
  ASSERT_TRUE(reeve.becomes("b", "health", "healthy"));
  auto a = pid_of(reeve, "sleep 86501.@A@");
  reeve.write_config("services:\n  a: {proces: {command: [sleep, \"1\"]}}\n");
  reeve.signal(SIGHUP);
  EXPECT_TRUE(
    eventually([&] { return reeve.log().find("did you mean 'process'") != std::string::npos; }));
  EXPECT_EQ(pid_of(reeve, "sleep 86501.@A@"), a);
  EXPECT_EQ(reeve.get("/health").status, 200);
  EXPECT_EQ(reeve.metric("reeve_config_reloads_total{result=\"refused\"}"), 1);
}

TEST(reload, another_listen_address_is_refused_with_a_clear_line) {
  reeve_daemon reeve{two_workers};
  reeve.start_and_wait();
  auto config = reeve.folder() / "reeve.yaml";
  EXPECT_EQ(run_command({"sed", "-i", "s/127.0.0.1:[0-9]*/127.0.0.1:1/", config.string()}).code, 0);
  reeve.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return reeve.log().find("server.listen") != std::string::npos; }));
  EXPECT_EQ(reeve.get("/livez").status, 200);
}

TEST(log, that_nobody_reads_does_not_stop_the_watching) {
  reeve_daemon reeve{"services:\n"
                     "  chatty: {process: {command: [sh, -c, \"while :; do echo words words words "
                     "words; done\"]}}\n"};
  ASSERT_EQ(mkfifo((reeve.folder() / "log").c_str(), 0600), 0);
  int unread = open((reeve.folder() / "log").c_str(), O_RDWR | O_CLOEXEC);
  reeve.start_and_wait();
  int room = 0;
  // the pipe is full: whoever wrote to it now would wait
  ASSERT_TRUE(eventually([&] { return ioctl(unread, FIONREAD, &room) == 0 && room > 60'000; }));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(reeve.get("/livez").status, 200);
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
  close(unread);
}

TEST(root, exhausted_with_escalate_stops_everything_and_ends_with_3) {
  reeve_daemon reeve{
    "services:\n"
    "  steady: {process: {command: [sleep, \"86507.@A@\"]}}\n"
    "  broken: {process: {command: [\"false\"]}, restart: {backoff: {initial: 10ms, max: 10ms}}}\n"
    "tree: {intensity: {restarts: 2, within: 1m}, on_exhausted: escalate}\n"};
  reeve.start();
  EXPECT_EQ(reeve.wait_exit(), 3);
  EXPECT_TRUE(processes_with(reeve.fill_in("sleep 86507.@A@")).empty());
}

TEST(start, a_busy_port_is_one_line_and_exit_code_2) {
  reeve_daemon first{two_workers};
  first.start_and_wait();
  auto second = run_reeve({"run", "-c", (first.folder() / "reeve.yaml").string()});
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("address already in use"), std::string::npos) << second.err;
  EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1) << second.err;
  EXPECT_TRUE(first.becomes("a", "restarts", 0));
}

TEST(start, a_bad_config_starts_nothing_and_names_every_mistake) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {check: {http: \"http://localhost\", interval: 10}, restart: docker://x}\n"
    "  b: {chek: tcp://localhost:1}\n"};
  auto run = run_reeve({"run", "-c", (reeve.folder() / "reeve.yaml").string()});
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("reeve.yaml:3:"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("reeve.yaml:4:"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("did you mean 'check'"), std::string::npos) << run.err;
  auto validate = run_reeve({"validate", "-c", (reeve.folder() / "reeve.yaml").string()});
  EXPECT_EQ(validate.code, 2);
  EXPECT_EQ(validate.err, run.err);
}

TEST(commands, status_and_healthcheck_tell_by_their_exit_codes) {
  reeve_daemon reeve{
    two_workers
    + "  c: {check: {tcp: \"tcp://127.0.0.1:@B@\", interval: 1s, unhealthy_after: 1}}\n"};
  auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  EXPECT_EQ(run_reeve({"status", "--url", url + "/"}).code, 3);
  EXPECT_EQ(run_reeve({"healthcheck", "--url", url}).code, 1);
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("c", "health", "unhealthy"));
  EXPECT_EQ(run_reeve({"healthcheck", "--url", url}).code, 0);
  auto status = run_reeve({"status", "--url", url});
  EXPECT_EQ(status.code, 1);
  EXPECT_NE(status.out.find("connection refused"), std::string::npos) << status.out;
  auto json = nlohmann::json::parse(run_reeve({"status", "--json", "--url", url}).out);
  EXPECT_EQ(json["services"].size(), 3u);
  auto typo = run_reeve({"restart", "aa", "--url", url});
  EXPECT_EQ(typo.code, 1);
  EXPECT_NE(typo.err.find("did you mean 'a'"), std::string::npos) << typo.err;
  EXPECT_EQ(run_reeve({"restart", "c", "--url", url}).code, 1) << "it has no target";
}

TEST(commands, find_a_daemon_whose_file_was_broken_since) {
  reeve_daemon reeve{two_workers};
  const auto file = (reeve.folder() / "reeve.yaml").string();
  reeve.start_and_wait();
  reeve.write_config(two_workers + "  c: {chek: nothing}\n");
  EXPECT_EQ(run_reeve({"validate", "-c", file}).code, 2);
  const auto pause = run_reeve({"pause", "a", "-c", file});
  EXPECT_EQ(pause.code, 0) << pause.err;
  EXPECT_TRUE(reeve.becomes("a", "supervision", "paused"));
}

TEST(commands, mistakes_on_the_command_line_are_one_line_each) {
  auto one_line = [](const finished& f) {
    return std::count(f.err.begin(), f.err.end(), '\n') == 1 && f.out.empty();
  };
  auto typo = run_reeve({"statsu"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_TRUE(one_line(typo)) << typo.err;
  EXPECT_NE(typo.err.find("did you mean 'status'"), std::string::npos) << typo.err;
  const auto nowhere = run_command(
    {"env", "REEVE_CONFIG=/nowhere/reeve.yaml", reeve::tests::binary_dir() + "/reeve", "run"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_EQ(nowhere.err,
            "no config file /nowhere/reeve.yaml, which $REEVE_CONFIG names; give one with -c\n");
  auto missing = run_reeve({"tune"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "--scenario is required; see reeve tune --help\n");
  for (const char* url : {"ftp://127.0.0.1:1", "nonsense", "http://"}) {
    auto status = run_reeve({"status", "--url", url});
    EXPECT_EQ(status.code, 3) << url;
    EXPECT_TRUE(one_line(status)) << status.err;
  }
}

TEST(commands, check_runs_checks_once_and_starts_nothing) {
  reeve_daemon reeve{
    "services:\n"
    "  worker: {process: {command: [sleep, \"86508.@A@\"]}, check: {exec: [\"true\"]}}\n"
    "  dead: {check: tcp://127.0.0.1:@B@}\n"};
  auto config = (reeve.folder() / "reeve.yaml").string();
  auto all = run_reeve({"check", "-c", config});
  EXPECT_EQ(all.code, 1);
  EXPECT_NE(all.out.find("connection refused"), std::string::npos) << all.out;
  EXPECT_EQ(run_reeve({"check", "-c", config, "worker"}).code, 0);
  EXPECT_TRUE(processes_with(reeve.fill_in("sleep 86508.@A@")).empty());
  auto json = nlohmann::json::parse(run_reeve({"check", "-c", config, "--json"}).out);
  EXPECT_EQ(json.size(), 2u);
}

} // namespace

} // namespace reeve::test
