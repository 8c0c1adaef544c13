#include "tests/support/hung_mount.hpp"
#include "tests/support/kill_process.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

// What hangs or takes its time outside, and what of it reaches the daemon: nothing.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const std::string on_the_mount =
  "defaults: {check: {interval: 300ms, timeout: 250ms, unhealthy_after: 1}}\n"
  "services:\n"
  "  exec: {check: {exec: [\"@DIR@/mount/check\"]}}\n"
  "  a: {check: {heartbeat: {file: \"@DIR@/mount/a\", unhealthy: 1h}}}\n"
  "  b: {check: {heartbeat: {file: \"@DIR@/mount/b\", unhealthy: 1h}}}\n"
  "  c: {check: {heartbeat: {file: \"@DIR@/mount/c\", unhealthy: 1h}}}\n"
  "  d: {check: {json: {file: \"@DIR@/mount/d\"}}}\n"
  "  worker: {process: {command: [sleep, \"86411.@A@\"], cwd: \"@DIR@/mount\"}}\n"
  "  good: {check: {exec: [/bin/true]}}\n"
  "  file: {check: {heartbeat: {file: \"@DIR@/file\", unhealthy: 1h}}}\n";

TEST(a_hung_file_system, blinds_only_what_needs_it_while_reload_and_shutdown_go_on) {
  if (!hung_mount::possible())
    GTEST_SKIP() << "needs root and /dev/fuse";
  reeve_daemon reeve{on_the_mount};
  for (const auto* folder : {"behind", "mount"})
    fs::create_directory(reeve.folder() / folder);
  for (const auto* file : {"behind/a", "behind/b", "behind/c", "file"})
    std::ofstream{reeve.folder() / file};
  std::ofstream{reeve.folder() / "behind/d"} << "{}";
  std::ofstream{reeve.folder() / "behind/check"} << "#!/bin/sh\n";
  fs::permissions(reeve.folder() / "behind/check", fs::perms{0755});
  const hung_mount mount{reeve.folder() / "behind", reeve.folder() / "mount"};
  ASSERT_TRUE(mount.mounted());
  reeve.start_and_wait();
  for (const auto* service : {"exec", "a", "b", "c", "d", "worker", "good", "file"})
    ASSERT_TRUE(reeve.becomes(service, "health", "healthy")) << service;
  mount.hang();
  for (const auto* service : {"exec", "a", "b", "c", "d"})
    EXPECT_TRUE(reeve.becomes(service, "health", "unknown")) << service;
  EXPECT_EQ(reeve.service("good")["health"], "healthy");
  EXPECT_EQ(reeve.service("worker")["health"], "healthy");
  reeve.write_config(on_the_mount + "  new: {check: {exec: [/bin/true]}}\n");
  reeve.signal(SIGHUP);
  EXPECT_TRUE(reeve.becomes("new", "health", "healthy"));
  fs::remove(reeve.folder() / "file");
  EXPECT_TRUE(reeve.becomes("file", "health", "unhealthy")) << "is not looked at any more";
  EXPECT_EQ(reeve.get("/livez").status, 200);
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
  mount.go_on();
}

TEST(a_hung_file_system, does_not_hold_up_the_stop_of_a_process_that_it_keeps_from_starting) {
  if (!hung_mount::possible())
    GTEST_SKIP() << "needs root and /dev/fuse";
  reeve_daemon reeve{"services:\n"
                     "  good: {process: {command: [sleep, \"86413.@A@\"]}}\n"
                     "  hangs:\n"
                     "    process: {command: [sleep, \"86412.@A@\"], cwd: \"@DIR@/mount\"}\n"
                     "    restart: {stop_timeout: 10m}\n"};
  for (const auto* folder : {"behind", "mount"})
    fs::create_directory(reeve.folder() / folder);
  const hung_mount mount{reeve.folder() / "behind", reeve.folder() / "mount"};
  ASSERT_TRUE(mount.mounted());
  mount.hang();
  reeve.start_and_wait();
  EXPECT_TRUE(reeve.becomes("good", "health", "healthy"));
  reeve.signal(SIGTERM);
  EXPECT_TRUE(reeve.wait_exit());
  mount.go_on();
}

TEST(a_command, and_a_process_get_three_files_and_none_of_ours) {
  const auto list_as = [](const std::string& who) {
    return "[sh, -c, \"ls /proc/self/fd > @DIR@/new-" + who + " && mv @DIR@/new-" + who + " @DIR@/"
           + who;
  };
  reeve_daemon reeve{
    "services:\n"
    "  a:\n"
    "    check: {exec: "
    + list_as("check")
    + "\"], interval: 1h}\n"
      "    restart: {exec: "
    + list_as("restart")
    + "\"]}\n"
      "  p: {process: {command: "
    + list_as("process")
    + "; exec sleep 86414.@A@\"]}}\n"
      "  web: {check: {http: \"http://127.0.0.1:@PORT@/livez\", interval: 50ms}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("web", "health", "healthy"));
  reeve.post("/api/v1/services/a/restart");
  for (const auto* who : {"check", "restart", "process"}) {
    ASSERT_TRUE(eventually([&] { return fs::exists(reeve.folder() / who); })) << who;
    EXPECT_EQ(content_of(reeve.folder() / who), "0\n1\n2\n3\n") << who; // the last is the listing
  }
}

// The service needs a while to stop, and the next Reeve must not run a second one beside it.
void expect_one_copy_at_any_time(const std::vector<std::string>& arguments) {
  reeve_daemon reeve{
    "services:\n"
    "  slow:\n"
    "    process:\n"
    "      command: [sh, -c, \"mkdir @DIR@/runs || echo two >> @DIR@/faults; trap 'sleep 0.7; "
    "rmdir "
    "@DIR@/runs; exit 0' TERM; echo up >> @DIR@/starts; while :; do sleep 0.05; done\"]\n"
    "    check: {exec: [test, -d, \"@DIR@/runs\"], interval: 100ms}\n"};
  reeve.add_arguments(arguments);
  for (int i = 0; i < 5; ++i) {
    reeve.start_and_wait();
    std::this_thread::sleep_for(i % 2 == 0 ? 900ms : 100ms); // while one drains, and when it runs
    reeve.signal(SIGKILL);
    EXPECT_TRUE(reeve.wait_exit());
  }
  reeve.start_and_wait();
  EXPECT_TRUE(reeve.becomes("slow", "supervision", "waiting"));
  EXPECT_NE(reeve.service("slow")["reason"].get<std::string>().find("waits for its predecessor"),
            std::string::npos);
  EXPECT_TRUE(reeve.becomes("slow", "supervision", "running"));
  EXPECT_TRUE(reeve.becomes("slow", "health", "healthy"));
  EXPECT_EQ(reeve.service("slow")["restarts"], 0);
  EXPECT_EQ(content_of(reeve.folder() / "faults"), "");
  EXPECT_NE(content_of(reeve.folder() / "starts"), "");
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
}

TEST(the_next_reeve, waits_for_what_the_one_before_it_left) {
  expect_one_copy_at_any_time({});
}

TEST(the_next_reeve, waits_with_a_state_folder_too) {
  const auto folder = fs::temp_directory_path() / ("reeve-hanging-" + std::to_string(getpid()));
  expect_one_copy_at_any_time({"--state-dir", folder});
  fs::remove_all(folder);
}

TEST(the_next_reeve, does_not_wait_for_another_one_with_a_service_of_that_name) {
  const std::string config = "services: {same: {process: {command: [sleep, \"86415.@A@\"]}}}\n";
  reeve_daemon one{config};
  reeve_daemon other{config};
  one.start_and_wait();
  other.start_and_wait();
  EXPECT_TRUE(one.becomes("same", "supervision", "running"));
  EXPECT_TRUE(other.becomes("same", "supervision", "running"));
}

TEST(a_config_file, that_hangs_is_told_and_does_not_keep_the_next_from_being_read) {
  reeve_daemon reeve{"services:\n  a: {process: {command: [sleep, \"86412.@A@\"]}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("a", "health", "healthy"));
  const auto file = reeve.folder() / "reeve.yaml";
  const auto good = content_of(file);
  fs::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  reeve.signal(SIGHUP);
  int writer = -1; // which never writes; it opens once there is a reader
  ASSERT_TRUE(eventually([&] {
    writer = open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    return writer >= 0;
  }));
  const auto next = reeve.folder() / "next.yaml";
  std::ofstream{next} << good << "  b: {process: {command: [sleep, \"86412\"]}}\n";
  fs::rename(next, file);
  reeve.signal(SIGHUP);
  EXPECT_TRUE(reeve.becomes("b", "health", "healthy")) << reeve.log();
  EXPECT_NE(reeve.log().find("config not reloaded: reading " + file.string()
                             + " takes longer than 10 s; the old one stays"),
            std::string::npos)
    << reeve.log();
  EXPECT_EQ(reeve.service("a")["restarts"], 0);
  close(writer);
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
}

TEST(a_launcher, that_is_killed_takes_all_that_it_held_with_it) {
  reeve_daemon reeve{"services:\n"
                     "  tree:\n"
                     "    process: {command: [sh, -c, \"setsid sleep 86416.@A@ & sleep 86416.@A@ & "
                     "echo $PPID > @DIR@/launcher; wait\"]}\n"
                     "    restart: {backoff: none}\n"};
  reeve.start_and_wait();
  const auto mark = reeve.fill_in("86416.@A@");
  const auto of_one = [&](const std::string& what) { return processes_with(what + mark).size(); };
  ASSERT_TRUE(eventually([&] { return of_one("sleep ") >= 2; }));
  ASSERT_TRUE(eventually([&] { return !content_of(reeve.folder() / "launcher").empty(); }));
  const auto before = processes_with("sleep " + mark);
  kill(std::stoi(content_of(reeve.folder() / "launcher")), SIGKILL);
  EXPECT_TRUE(reeve.becomes("tree", "restarts", 1));
  for (const auto pid : before)
    EXPECT_NE(kill(pid, 0), 0) << pid;
}

} // namespace

} // namespace reeve::test
