#include "tests/support/kill_process.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <iostream>

// Real processes under the real daemon: killed, hung, crashing for ever, orphaned.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// The one process of this service; 0 if there is none (or two).
pid_t only_process_with(const std::string& text) {
  auto found = processes_with(text);
  return found.size() == 1 ? found.front() : 0;
}

TEST(process, a_killed_child_is_running_again_within_50_ms) {
  reeve_daemon reeve{"services:\n"
                     "  worker:\n"
                     "    process: {command: [sleep, \"86401.@A@\"]}\n"
                     "    restart: {backoff: none}\n"
                     "tree: {intensity: {restarts: 100, within: 1m}}\n"};
  reeve.start_and_wait();
  auto mark = reeve.fill_in("sleep 86401.@A@");
  std::vector<std::chrono::milliseconds> took;
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(eventually([&] { return only_process_with(mark) != 0; }));
    auto victim = only_process_with(mark);
    auto killed = clock::now();
    kill_process(victim, SIGKILL);
    ASSERT_TRUE(eventually([&] {
      auto now = only_process_with(mark);
      return now != 0 && now != victim;
    }));
    took.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - killed));
  }
  std::sort(took.begin(), took.end());
  std::cout << "back after " << took.front() << ", median " << took[4] << ", slowest "
            << took.back() << '\n';
  EXPECT_LE(took[4], 50ms);
  EXPECT_TRUE(reeve.becomes("worker", "restarts", 9));
  EXPECT_TRUE(reeve.becomes("worker", "health", "healthy"));
}

TEST(process, a_hung_service_is_found_by_timeout_and_replaced) {
  reeve_daemon reeve{
    "services:\n"
    "  web:\n"
    "    process: {command: [\"@DEMO@\", serve, \"@A@\"], stop_signal: KILL}\n"
    "    check: {http: \"http://127.0.0.1:@A@/health\", interval: 200ms, timeout: 150ms,\n"
    "            unhealthy_after: 2}\n"
    "    restart: {backoff: {initial: 50ms, max: 1s}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("web", "health", "healthy"));
  auto hung = only_process_with(reeve.fill_in("reeve-demo serve @A@"));
  ASSERT_NE(hung, 0);
  auto hang =
    run_command({"curl", "-s", "http://127.0.0.1:" + std::to_string(reeve.port('A')) + "/hang"});
  ASSERT_EQ(hang.code, 0);
  ASSERT_TRUE(reeve.becomes("web", "restarts", 1)) << reeve.log();
  ASSERT_TRUE(reeve.becomes("web", "health", "healthy"));
  EXPECT_NE(only_process_with(reeve.fill_in("reeve-demo serve @A@")), hung);
  EXPECT_NE(reeve.log().find("no answer within 150 ms"), std::string::npos) << reeve.log();
}

TEST(process, one_that_dies_at_once_is_given_up_loudly_and_comes_back_by_hand) {
  reeve_daemon reeve{
    "services:\n"
    "  broken:\n"
    "    process: {command: [sh, -c, \"test -e @DIR@/mended && exec sleep 86402; exit 3\"]}\n"
    "    restart: {backoff: {initial: 10ms, max: 20ms}}\n"
    "tree: {intensity: {restarts: 3, within: 10m}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("broken", "supervision", "given_up"));
  EXPECT_EQ(reeve.get("/health").status, 503);
  EXPECT_EQ(reeve.get("/livez").status, 200);
  EXPECT_EQ(reeve.metric("reeve_service_given_up{service=\"broken\",group=\"root\"}"), 1);
  EXPECT_NE(reeve.log().find("exited with code 3"), std::string::npos);
  const auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  for (const auto* told :
       {"more than 3 restarts within 10m", "`reeve restart NAME` tries it now"}) {
    const auto status = run_reeve({"status", "--url", url}).out;
    EXPECT_NE(status.find(told), std::string::npos) << status;
  }
  EXPECT_EQ(run_command({"touch", (reeve.folder() / "mended").string()}).code, 0);
  auto by_hand = run_reeve({"start", "broken", "--url", url});
  EXPECT_EQ(by_hand.code, 0) << by_hand.err;
  EXPECT_TRUE(reeve.becomes("broken", "health", "healthy"));
  EXPECT_TRUE(reeve.becomes("broken", "supervision", "running"));
  EXPECT_EQ(reeve.get("/health").status, 200);
}

TEST(process, a_transient_one_that_ends_cleanly_is_left) {
  reeve_daemon reeve{"services:\n"
                     "  job:\n"
                     "    process: {command: [\"true\"]}\n"
                     "    restart: {type: transient}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("job", "supervision", "ended"));
  EXPECT_EQ(reeve.get("/health").status, 200);
  EXPECT_EQ(reeve.service("job")["restarts"], 0);
}

TEST(process, rest_for_one_takes_those_after_it_along) {
  reeve_daemon reeve{
    "services:\n"
    "  first: {process: {command: [sleep, \"86403.@A@\"]}, restart: {backoff: none}}\n"
    "  second: {process: {command: [sleep, \"86404.@A@\"]}, restart: {backoff: none}}\n"
    "  third: {process: {command: [sleep, \"86405.@A@\"]}, restart: {backoff: none}}\n"
    "tree: {strategy: rest_for_one, children: [first, second, third]}\n"};
  reeve.start_and_wait();
  auto pid = [&](const char* what) { return only_process_with(reeve.fill_in(what)); };
  ASSERT_TRUE(eventually([&] { return pid("sleep 86405.@A@") != 0; }));
  auto first = pid("sleep 86403.@A@");
  auto second = pid("sleep 86404.@A@");
  auto third = pid("sleep 86405.@A@");
  kill_process(second, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    auto s = pid("sleep 86404.@A@");
    auto t = pid("sleep 86405.@A@");
    return s != 0 && s != second && t != 0 && t != third;
  }));
  EXPECT_EQ(pid("sleep 86403.@A@"), first);
}

TEST(process, output_goes_into_the_log_line_by_line) {
  reeve_daemon reeve{"services:\n"
                     "  chatty: {process: {command: [sh, -c, \"echo good morning; echo oh no >&2; "
                     "exec sleep 86406\"]}}\n"};
  reeve.start_and_wait();
  EXPECT_TRUE(eventually([&] {
    auto log = reeve.log();
    return log.find("chatty: good morning") != std::string::npos
           && log.find("chatty: oh no") != std::string::npos;
  }));
}

TEST(process, when_reeve_is_killed_its_children_are_gone_and_never_doubled) {
  reeve_daemon reeve{"services:\n"
                     "  worker: {process: {command: [sh, -c, \"setsid sleep 86407.@A@ & exec sleep "
                     "86408.@A@\"]}}\n"};
  reeve.start_and_wait();
  auto child = reeve.fill_in("sleep 86408.@A@");
  auto grandchild = reeve.fill_in("sleep 86407.@A@");
  auto running = [&](const std::string& what) { return processes_with(what).size(); };
  ASSERT_TRUE(eventually(
    [&] { return only_process_with(child) != 0 && only_process_with(grandchild) != 0; }));
  reeve.signal(SIGKILL);
  ASSERT_EQ(reeve.wait_exit(), 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return running(child) == 0 && running(grandchild) == 0; }));
  reeve.start_and_wait();
  EXPECT_TRUE(eventually(
    [&] { return only_process_with(child) != 0 && only_process_with(grandchild) != 0; }));
}

TEST(process, what_a_person_stops_stays_stopped_and_what_is_paused_stays_down) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {process: {command: [sleep, \"86409.@A@\"]}, restart: {backoff: none}}\n"
    "  b: {process: {command: [sleep, \"86410.@A@\"]}, restart: {backoff: none}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("b", "health", "healthy"));
  EXPECT_EQ(reeve.post("/api/v1/services/a/stop").status, 202);
  EXPECT_TRUE(reeve.becomes("a", "supervision", "stopped"));
  EXPECT_TRUE(eventually([&] { return processes_with(reeve.fill_in("sleep 86409.@A@")).empty(); }));
  EXPECT_EQ(reeve.post("/api/v1/services/a/stop").status, 409);
  EXPECT_EQ(reeve.get("/health").status, 200);

  EXPECT_EQ(reeve.post("/api/v1/services/b/pause").status, 202);
  ASSERT_TRUE(reeve.becomes("b", "supervision", "paused"));
  kill_process(only_process_with(reeve.fill_in("sleep 86410.@A@")), SIGKILL);
  ASSERT_TRUE(reeve.becomes("b", "health", "unhealthy"));
  EXPECT_EQ(reeve.service("b")["reason"], "paused by a person; was killed by signal 9 (KILL)");
  EXPECT_EQ(reeve.service("b")["restarts"], 0);
  EXPECT_EQ(reeve.post("/api/v1/services/b/resume").status, 202);
  EXPECT_TRUE(reeve.becomes("b", "health", "healthy"));
  EXPECT_EQ(reeve.service("a")["supervision"], "stopped");
}

} // namespace

} // namespace reeve::test
