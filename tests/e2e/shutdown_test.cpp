#include "tests/support/kill_process.hpp"
#include "tests/support/places.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

// How Reeve begins and ends: signals at any moment, starts that hang, stops that take long.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

/// A service that says `name stops` at SIGTERM, works for so long, and says `name is done`.
std::string stops_in(const std::string& name, const std::string& seconds,
                     const std::string& options = "") {
  return "  " + name + ": {process: {command: [sh, -c, \"trap 'echo " + name + " stops; sleep "
         + seconds + "; echo " + name + " is done; exit' TERM; echo ready; while :; do sleep 0.05; "
         + "done # 86601.@A@\"]}" + options + "}\n";
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

/// Of the line with `what`, in the log's own clock.
std::chrono::milliseconds time_of(const std::string& log, const std::string& what) {
  const auto at = log.rfind('\n', log.find(what)) + 1;
  int hours = 0, minutes = 0, seconds = 0, milliseconds = 0;
  EXPECT_EQ(std::sscanf(log.c_str() + at, "%*d-%*d-%*dT%d:%d:%d.%dZ", &hours, &minutes, &seconds,
                        &milliseconds),
            4)
    << what;
  return std::chrono::milliseconds{((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds};
}

bool hears_hangup(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigBlk:") || line.starts_with("SigCgt:"))
      if (std::stoull(line.substr(7), nullptr, 16) & (1ULL << (SIGHUP - 1)))
        return true;
  return false;
}

/// A folder on a file system whose server can be made to hang.
class test_mount {
public:
  test_mount() {
    if (run_command({"sh", "-c", "command -v bindfs"}).code != 0)
      return;
    for (const auto* part : {"real", "seen"})
      std::filesystem::create_directories(folder_ / part);
    server_.emplace(std::vector<std::string>{"bindfs", "-f", (folder_ / "real").string(), path()},
                    (folder_ / "log").string());
    there_ = eventually([this] { return is_mounted(); }, 3s);
  }
  ~test_mount() {
    hang(false);
    if (there_)
      run_command({"umount", "-l", path()});
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  test_mount(const test_mount&) = delete;
  test_mount& operator=(const test_mount&) = delete;

  bool is_there() const {
    return there_;
  }
  std::string path() const {
    return (folder_ / "seen").string();
  }
  void hang(bool on) const {
    for (const auto pid : processes_with("bindfs -f " + (folder_ / "real").string()))
      kill(pid, on ? SIGSTOP : SIGCONT);
  }

private:
  bool is_mounted() const {
    std::ifstream mounts{"/proc/mounts"};
    for (std::string line; std::getline(mounts, line);)
      if (line.find(path()) != std::string::npos)
        return true;
    return false;
  }

  std::filesystem::path folder_ =
    std::filesystem::temp_directory_path() / ("reeve-mount-" + std::to_string(getpid()));
  std::optional<background_process> server_;
  bool there_ = false;
};

void ready(const reeve_daemon& reeve, std::size_t services) {
  ASSERT_TRUE(eventually([&] { return count(reeve.log(), ": ready") == services; })) << reeve.log();
}

TEST(shutdown, leaves_no_child_and_stops_in_reverse_start_order) {
  reeve_daemon reeve{"services:\n"
                     "  a: {process: {command: [sh, -c, \"trap 'echo a stops; exit' TERM; while :; "
                     "do sleep 0.05; done # 86505.@A@\"]}}\n"
                     "  b: {process: {command: [sh, -c, \"trap 'echo b stops; exit' TERM; while :; "
                     "do sleep 0.05; done # 86505.@A@\"]}}\n"
                     "  deaf: {process: {command: [sh, -c, \"trap '' TERM; echo deaf; while :; do "
                     "sleep 0.05; done # 86505.@A@\"]},\n"
                     "         restart: {stop_timeout: 300ms}}\n"
                     "tree: {strategy: rest_for_one, children: [a, b, deaf]}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return reeve.log().find("deaf: deaf") != std::string::npos; }));
  reeve.signal(SIGTERM);
  ASSERT_EQ(reeve.wait_exit(), 0);
  EXPECT_TRUE(processes_with(reeve.fill_in("86505.@A@")).empty());
  auto log = reeve.log();
  auto b = log.find("b stops");
  auto a = log.find("a stops");
  ASSERT_NE(b, std::string::npos);
  ASSERT_NE(a, std::string::npos);
  EXPECT_LT(b, a);
}

TEST(shutdown, a_second_signal_kills_at_once) {
  reeve_daemon reeve{"services:\n"
                     "  deaf: {process: {command: [sh, -c, \"trap '' TERM; echo deaf; while :; do "
                     "sleep 0.05; done # 86506.@A@\"]},\n"
                     "         restart: {stop_timeout: 10m}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return reeve.log().find("deaf: deaf") != std::string::npos; }));
  reeve.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return reeve.log().find("stopping") != std::string::npos; }));
  reeve.signal(SIGTERM);
  EXPECT_TRUE(reeve.wait_exit().has_value());
  EXPECT_TRUE(eventually([&] { return processes_with(reeve.fill_in("86506.@A@")).empty(); }));
}

TEST(shutdown, two_signals_end_it_also_while_a_restart_is_under_way) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {check: {exec: [\"false\"], interval: 100ms, timeout: 100ms, unhealthy_after: 1},\n"
    "      restart: {exec: [sleep, \"86509.@A@\"], backoff: none}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(
    eventually([&] { return !processes_with(reeve.fill_in("sleep 86509.@A@")).empty(); }));
  reeve.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return reeve.log().find("stopping") != std::string::npos; }));
  reeve.signal(SIGTERM);
  EXPECT_TRUE(reeve.wait_exit().has_value());
  EXPECT_TRUE(eventually([&] { return processes_with(reeve.fill_in("sleep 86509.@A@")).empty(); }));
}

TEST(shutdown, gives_each_service_its_own_full_time) {
  const std::string two_seconds = ", restart: {stop_timeout: 10s}";
  reeve_daemon reeve{"services:\n" + stops_in("a", "2", two_seconds)
                     + stops_in("b", "2", two_seconds) + stops_in("c", "2", two_seconds)
                     + stops_in("quick", "0.1", ", restart: {stop_timeout: 5s}")};
  reeve.start_and_wait();
  ready(reeve, 4);
  reeve.signal(SIGTERM);
  ASSERT_EQ(reeve.wait_exit(), 0);
  const auto log = reeve.log();
  for (const auto* name : {"a", "b", "c", "quick"})
    EXPECT_NE(log.find(std::string{name} + " is done"), std::string::npos) << name;
  EXPECT_EQ(log.find("killed"), std::string::npos);
  EXPECT_LT(time_of(log, "c stops"), time_of(log, "a is done")) << "side by side";
  EXPECT_LT(time_of(log, "a stops"), time_of(log, "c is done"));
}

TEST(shutdown, of_a_chain_asks_each_one_however_long_the_others_took) {
  const std::string deaf = "  deaf: {process: {command: [sh, -c, \"trap '' TERM; echo ready; while "
                           ":; do sleep 0.05; done # 86601.@A@\"]}, depends_on: [db], "
                           "restart: {stop_timeout: 1500ms}}\n";
  reeve_daemon reeve{"services:\n" + stops_in("db", "1.5", ", restart: {stop_timeout: 9s}")
                     + stops_in("api", "1.5", ", depends_on: [db]")
                     + stops_in("web", "1.5", ", depends_on: [api]") + deaf};
  reeve.start_and_wait();
  ready(reeve, 4);
  reeve.signal(SIGTERM);
  ASSERT_EQ(reeve.wait_exit(), 0);
  const auto log = reeve.log();
  EXPECT_EQ(count(log, " is done"), 3U);
  EXPECT_LT(log.find("web is done"), log.find("api stops"));
  EXPECT_LT(log.find("api is done"), log.find("db stops"));
  EXPECT_NE(log.find("deaf: did not stop within 1.5 s and was killed"), std::string::npos);
  EXPECT_TRUE(processes_with(reeve.fill_in("86601.@A@")).empty());
}

TEST(shutdown, says_what_a_second_signal_cuts_short_and_ends_at_once) {
  reeve_daemon reeve{"services:\n" + stops_in("db", "60")
                     + stops_in("web", "60", ", depends_on: [db]")};
  reeve.start_and_wait();
  ready(reeve, 2);
  reeve.signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return reeve.log().find("web stops") != std::string::npos; }));
  reeve.signal(SIGINT);
  ASSERT_EQ(reeve.wait_exit(), 0);
  const auto log = reeve.log();
  EXPECT_NE(log.find("another SIGINT: killing web (stopping, for "), std::string::npos);
  EXPECT_NE(log.find("of the 10 s it has), db (not asked to stop yet"), std::string::npos);
  EXPECT_EQ(log.find("db stops"), std::string::npos);
  EXPECT_LT(time_of(log, " stopped\n") - time_of(log, "another SIGINT"), 900ms)
    << "it waited although nothing was left";
  EXPECT_TRUE(processes_with(reeve.fill_in("86601.@A@")).empty());
}

TEST(shutdown, lets_a_restart_command_come_to_its_end) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {check: {exec: [\"false\"], interval: 100ms, timeout: 100ms,\n"
    "              unhealthy_after: 1},\n"
    "      restart: {exec: [sh, -c, \"echo began >> @DIR@/did; sleep 2; echo ended "
    ">> @DIR@/did\"], backoff: none}}\n"};
  const auto did = [&] { return content_of(reeve.folder() / "did"); };
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return did() == "began\n"; }));
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
  EXPECT_EQ(did(), "began\nended\n");
  EXPECT_NE(reeve.log().find("a restarted in"), std::string::npos);
}

TEST(shutdown, asks_a_restart_command_that_takes_too_long_to_end) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {check: {exec: [\"false\"], interval: 100ms, timeout: 100ms,\n"
    "              unhealthy_after: 1},\n"
    "      restart: {exec: [sh, -c, \"trap 'echo cleaned >> @DIR@/did; exit' TERM; "
    "echo began >> @DIR@/did; sleep 86602\"], backoff: none, stop_timeout: "
    "500ms}}\n"};
  const auto did = [&] { return content_of(reeve.folder() / "did"); };
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return did() == "began\n"; }));
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
  EXPECT_EQ(did(), "began\ncleaned\n");
}

TEST(shutdown, has_a_bound_that_validate_tells) {
  const auto said = [](const std::string& config) {
    const reeve_daemon reeve{config};
    const auto done = run_reeve({"validate", "-c", (reeve.folder() / "reeve.yaml").string()});
    EXPECT_EQ(done.code, 0) << done.err;
    return done.out;
  };
  const std::string two = "services:\n"
                          "  db: {process: {command: [a]}, restart: {stop_timeout: 20s}}\n"
                          "  web: {process: {command: [a]}, restart: {stop_timeout: 10s}}\n";
  EXPECT_NE(said(two).find("stopping takes up to 22 s: give TimeoutStopSec=25 (systemd), "
                           "stop_grace_period: 25s (compose)\n"),
            std::string::npos)
    << said(two);
  EXPECT_NE(said(two + "tree: {strategy: one_for_all}\n").find("TimeoutStopSec=35"),
            std::string::npos);
  EXPECT_EQ(said("services:\n  a: {check: http://127.0.0.1:1}\n").find("stopping"),
            std::string::npos);
}

// -- signals at any moment ------------------------------------------------------

TEST(signals, do_not_kill_a_reeve_that_has_only_begun) {
  for (int i = 0; i < 10; ++i) {
    reeve_daemon reeve{"services:\n  a: {process: {command: [sleep, \"86603.@A@\"]}}\n"};
    reeve.start();
    ASSERT_TRUE(eventually([&] { return hears_hangup(reeve.pid()); }));
    reeve.signal(SIGHUP);
    reeve.signal(SIGTERM);
    EXPECT_EQ(reeve.wait_exit(), 0) << reeve.log();
    EXPECT_TRUE(processes_with(reeve.fill_in("86603.@A@")).empty());
  }
}

TEST(signals, of_two_reloads_the_newest_file_wins) {
  const auto config = [](const std::string& name) {
    return "services:\n  " + name + ": {process: {command: [sleep, \"86604.@A@\"]}}\n";
  };
  reeve_daemon reeve{config("first")};
  reeve.start_and_wait();
  const auto file = reeve.folder() / "reeve.yaml";
  std::filesystem::remove(file);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0); // who reads it waits for us
  reeve.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return reeve.log().find("reloading") != std::string::npos; }));
  for (int i = 0; i < 3; ++i)
    reeve.signal(SIGHUP);
  ASSERT_EQ(reeve.get("/livez").status, 200); // and so it has heard them
  for (const auto* name : {"older", "newer"}) {
    int out = -1;
    ASSERT_TRUE(eventually(
      [&] { return (out = open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; }))
      << "nobody reads it for " << name;
    reeve.write_config(config(name));
    close(out);
    const auto done = "config reloaded: 1 service; new: " + std::string{name};
    ASSERT_TRUE(eventually([&] { return reeve.log().find(done) != std::string::npos; }))
      << reeve.log();
  }
  EXPECT_TRUE(reeve.becomes("newer", "health", "healthy")) << reeve.log();
  EXPECT_EQ(reeve.get("/api/v1/services/older").status, 404);
  EXPECT_EQ(reeve.metric("reeve_config_reloads_total{result=\"ok\"}"), 2) << "and no more often";
}

// -- starts ---------------------------------------------------------------------

TEST(start, that_hangs_holds_up_nobody_and_is_given_up) {
  const test_mount mount;
  if (!mount.is_there())
    GTEST_SKIP() << "needs bindfs and the right to mount";
  reeve_daemon reeve{
    "services:\n"
    "  hangs: {process: {command: [sleep, \"86605.@A@\"], cwd: \""
    + mount.path()
    + "\",\n"
      "                    start_timeout: 1s}, restart: {stop_timeout: 1s}}\n"
      "  a: {process: {command: [sleep, \"86605.@A@\"]}}\n"
      "  b: {process: {command: [sleep, \"86605.@A@\"]}, restart: {backoff: none}}\n"};
  mount.hang(true);
  reeve.start_and_wait();
  EXPECT_TRUE(reeve.becomes("a", "health", "healthy"));
  EXPECT_TRUE(reeve.becomes("b", "health", "healthy"));
  EXPECT_TRUE(reeve.becomes("hangs", "health", "unhealthy")) << reeve.log();
  const auto reason = reeve.service("hangs")["reason"].get<std::string>();
  EXPECT_EQ(reason.find("it did not start within 1 s"), 0U) << reason;
  EXPECT_NE(reeve.log().find("hangs could not be started: it did not start within 1 s"),
            std::string::npos);
  mount.hang(false);
  EXPECT_TRUE(reeve.becomes("hangs", "health", "healthy")) << "once it can be started";
  mount.hang(true);
  reeve.signal(SIGTERM);
  EXPECT_EQ(reeve.wait_exit(), 0);
  mount.hang(false);
}

TEST(start, that_cannot_succeed_is_told_everywhere_with_its_reason) {
  reeve_daemon reeve{"services:\n"
                     "  cap: {process: {command: [Sleep, \"1\"]}}\n"
                     "  lost: {process: {command: [sleep, \"1\"], cwd: /no/such/folder}}\n"
                     "  plain: {process: {command: [\"@DIR@/reeve.yaml\"]}}\n"};
  reeve.start_and_wait();
  const std::map<std::string, std::string> reasons{
    {"cap", "there is no command 'Sleep' in PATH"},
    {"lost", "cannot enter its cwd '/no/such/folder': No such file or directory"},
    {"plain", reeve.fill_in("cannot run '@DIR@/reeve.yaml': Permission denied")}};
  const auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  for (const auto& [name, why] : reasons) {
    ASSERT_TRUE(reeve.becomes(name, "health", "unhealthy")) << name;
    EXPECT_EQ(reeve.service(name)["reason"], why);
    const auto explained = run_reeve({"explain", name, "--url", url}).out;
    EXPECT_EQ(explained.find(name + " is unhealthy, "), 0U) << explained;
    EXPECT_NE(explained.substr(0, explained.find('\n')).find(why), std::string::npos) << explained;
  }
  const auto health = reeve.get("/health");
  EXPECT_EQ(health.status, 503);
  const auto status = run_reeve({"status", "--url", url});
  for (const auto& [name, why] : reasons) {
    EXPECT_NE(health.body.find(why), std::string::npos) << health.body;
    EXPECT_NE(status.out.find(why), std::string::npos) << status.out;
  }
}

TEST(start, keeps_the_numbers_of_standard_files_that_are_closed) {
  reeve_daemon reeve{"services:\n  a: {process: {command: [sleep, \"86606.@A@\"]}}\n"};
  const auto done = run_command(
    {"sh", "-c",
     reeve.fill_in(reeve::tests::binary_dir()
                   + "/reeve run -c @DIR@/reeve.yaml <&- >&- 2>&- & echo $!; exec >&-")});
  const int pid = std::stoi(done.out);
  EXPECT_TRUE(reeve.becomes("a", "health", "healthy"));
  for (const auto* number : {"0", "1", "2"})
    EXPECT_EQ(std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + number),
              "/dev/null");
  kill(pid, SIGTERM);
  EXPECT_TRUE(eventually([&] { return kill(pid, 0) != 0; }));
}

TEST(start, needs_the_launcher_beside_reeve) {
  for (const auto* service :
       {"{process: {command: [sleep, \"1\"]}}", "{check: {exec: [\"true\"]}}",
        "{check: \"tcp://localhost:1\", restart: {exec: [\"true\"]}}",
        "{check: \"tcp://localhost:1\", restart: [{docker: a}, {exec: [\"true\"]}]}"}) {
    reeve_daemon reeve{"services:\n  a: " + std::string{service} + "\n"};
    const auto alone = reeve.folder() / "reeve";
    std::filesystem::copy_file(reeve::tests::binary_dir() + "/reeve", alone);
    const auto config = (reeve.folder() / "reeve.yaml").string();
    const auto done = run_command({"timeout", "20", alone.string(), "run", "-c", config});
    EXPECT_EQ(done.code, 2) << service;
    EXPECT_EQ(done.err, "cannot run " + (reeve.folder() / "reeve-launcher").string()
                          + ": No such file or directory; it starts every process and every "
                            "command: install it beside the reeve executable\n");
  }
}

} // namespace

} // namespace reeve::test
