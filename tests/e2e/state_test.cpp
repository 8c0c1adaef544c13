#include "tests/support/kill_process.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

// What Reeve remembers over its own end, whatever that was.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

std::size_t lines_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>{in}, {}, '\n'));
}

/// "ok", or what is wrong with the database of a Reeve that is gone. Looks at a copy.
std::string integrity_of(const reeve_daemon& reeve) {
  const auto copy = reeve.folder() / "copy";
  std::filesystem::remove_all(copy);
  std::filesystem::copy(reeve.folder() / "state", copy);
  sqlite3* db = nullptr;
  sqlite3_open((copy / "reeve.db").c_str(), &db);
  std::string answer;
  sqlite3_exec(
    db, "PRAGMA integrity_check",
    [](void* to, int, char** columns, char**) {
      static_cast<std::string*>(to)->append(columns[0]);
      return 0;
    },
    &answer, nullptr);
  if (answer.empty())
    answer = sqlite3_errmsg(db);
  sqlite3_close(db);
  return answer;
}

double seconds_of(const std::string& rfc3339) {
  std::tm time{};
  EXPECT_NE(strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time), nullptr) << rfc3339;
  return static_cast<double>(timegm(&time));
}

/// Three that crash all the time, and four that are not to change any more.
const std::string restless =
  "defaults: {restart: {backoff: {initial: 10ms, max: 60ms, jitter: 0}}}\n"
  "services:\n"
  "  a: {process: {command: [sh, -c, \"sleep 0.03; exit 1\"]}}\n"
  "  b: {process: {command: [sh, -c, \"sleep 0.01; exit 1\"]}}\n"
  "  c: {process: {command: [\"false\"]}}\n"
  "  gives-up: {process: {command: [sh, -c, \"echo >> @DIR@/gives-up; exit 1\"]}}\n"
  "  waits: {process: {command: [sh, -c, \"echo >> @DIR@/waits; exit 1\"]},\n"
  "          restart: {backoff: {initial: 1h, max: 1h, jitter: 0}}}\n"
  "  stopped: {process: {command: [sh, -c, \"echo >> @DIR@/stopped; sleep 86512.@A@\"]}}\n"
  "  paused: {process: {command: [sleep, \"86513.@A@\"]}}\n"
  "  marker: {process: {command: [sleep, \"86514.@A@\"]}}\n"
  "tree:\n"
  "  intensity: {restarts: 1000000, within: 1m}\n"
  "  children:\n"
  "    - {group: fragile, intensity: {restarts: 0, within: 1m}, cooldown: 1h, "
  "children: [gives-up]}\n";

struct restless_reeve {
  restless_reeve() {
    reeve.add_arguments({"--state-dir", "@DIR@/state"});
  }

  int restarts(const std::string& name) {
    const auto s = reeve.service(name);
    return s.is_object() ? s.value("restarts", -1) : -1;
  }

  bool order(const std::string& what, const std::string& service) {
    return reeve.post("/api/v1/services/" + service + "/" + what).status == 202;
  }

  /// As four of them are for ever.
  void settle() {
    ASSERT_TRUE(reeve.becomes("gives-up", "supervision", "given_up"));
    ASSERT_TRUE(reeve.becomes("waits", "supervision", "waiting"));
    for (const auto* name : {"stopped", "paused", "marker"})
      ASSERT_TRUE(reeve.becomes(name, "health", "healthy"));
    ASSERT_TRUE(order("stop", "stopped"));
    ASSERT_TRUE(order("pause", "paused"));
    due = reeve.service("waits")["next_restart"];
    careful = reeve.service("gives-up")["next_restart"];
  }

  /// An order that was accepted is on the disk, and all that was shown before it.
  void acknowledge() {
    std::map<std::string, int> seen;
    for (const auto* name : {"a", "b", "c"})
      seen[name] = restarts(name);
    ASSERT_TRUE(order(marked ? "resume" : "pause", "marker"));
    marked = !marked;
    acknowledged = seen;
  }

  void check() {
    for (const auto& [name, count] : acknowledged)
      EXPECT_TRUE(eventually([&, n = name, c = count] { return restarts(n) >= c; }))
        << name << " has " << restarts(name) << " restarts, and had " << count;
    EXPECT_TRUE(reeve.becomes("gives-up", "supervision", "given_up"));
    EXPECT_TRUE(reeve.becomes("waits", "supervision", "waiting"));
    EXPECT_TRUE(reeve.becomes("stopped", "supervision", "stopped"));
    EXPECT_TRUE(reeve.becomes("paused", "supervision", "paused"));
    EXPECT_TRUE(reeve.becomes("marker", "supervision", marked ? "paused" : "running"));
    EXPECT_EQ(lines_of(reeve.folder() / "gives-up"), 1U);
    EXPECT_EQ(lines_of(reeve.folder() / "waits"), 1U);
    EXPECT_EQ(lines_of(reeve.folder() / "stopped"), 1U);
  }

  reeve_daemon reeve{restless};
  std::map<std::string, int> acknowledged;
  bool marked = false;
  std::string due;
  std::string careful;
};

TEST(state, is_consistent_after_200_kills_at_any_moment) {
  restless_reeve r;
  r.reeve.start_and_wait();
  r.settle();
  std::mt19937_64 random{7};
  const auto moment = [&] { return std::chrono::microseconds{random() % 60'000}; };
  for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    if (r.reeve.pid() <= 0)
      r.reeve.start();
    if (i % 4 != 0) { // else it is killed while it starts
      ASSERT_TRUE(eventually([&] { return r.reeve.get("/livez").status == 200; })) << r.reeve.log();
      r.check();
      r.acknowledge();
    }
    std::this_thread::sleep_for(moment());
    r.reeve.signal(SIGKILL);
    ASSERT_EQ(r.reeve.wait_exit(), 128 + SIGKILL);
    ASSERT_EQ(integrity_of(r.reeve), "ok");
  }
  r.reeve.start_and_wait();
  r.check();
  EXPECT_GT(r.acknowledged["c"], 20) << "something happened meanwhile";
  EXPECT_NEAR(seconds_of(r.reeve.service("waits")["next_restart"]), seconds_of(r.due), 2);
  EXPECT_NEAR(seconds_of(r.reeve.service("gives-up")["next_restart"]), seconds_of(r.careful), 2);
  EXPECT_EQ(r.reeve.log().find("damaged"), std::string::npos);
  EXPECT_EQ(r.reeve.log().find("not kept"), std::string::npos);
}

TEST(state, is_whole_after_a_clean_end) {
  restless_reeve r;
  r.reeve.start_and_wait();
  r.settle();
  ASSERT_TRUE(eventually([&] { return r.restarts("c") >= 3; }));
  r.acknowledge();
  r.reeve.signal(SIGTERM);
  ASSERT_EQ(r.reeve.wait_exit(), 0);
  EXPECT_EQ(integrity_of(r.reeve), "ok");
  EXPECT_FALSE(std::filesystem::exists(r.reeve.folder() / "state" / "reeve.db-wal"));
  r.reeve.start_and_wait();
  r.check();
}

/// What a disk, a copy or a person may do to the files of a Reeve that was killed.
struct damage {
  const char* name;
  std::function<void(const std::filesystem::path& folder)> done;
  bool keeps_the_first = false; ///< of two changes
};

TEST(state, that_is_damaged_is_said_once_and_kept_and_stops_nobody) {
  namespace fs = std::filesystem;
  const auto db = [](const fs::path& folder) { return folder / "reeve.db"; };
  const auto log = [](const fs::path& folder) { return folder / "reeve.db-wal"; };
  const std::vector<damage> all{
    {"cut off", [&](const fs::path& f) { fs::resize_file(db(f), fs::file_size(db(f)) / 2); }},
    {"empty", [&](const fs::path& f) { fs::resize_file(db(f), 0); }},
    {"no database", [&](const fs::path& f) { std::ofstream{db(f)} << std::string(9'000, 'x'); }},
    {"its log cut off",
     [&](const fs::path& f) { fs::resize_file(log(f), fs::file_size(log(f)) - 100); }, true},
    {"its log gone", [&](const fs::path& f) { fs::remove(log(f)); }}};
  reeve_daemon reeve{"services:\n"
                     "  a: {process: {command: [sleep, \"86518.@A@\"]}}\n"
                     "  b: {process: {command: [sleep, \"86519.@A@\"]}}\n"};
  reeve.add_arguments({"--state-dir", "@DIR@/state"});
  for (const auto& each : all) {
    SCOPED_TRACE(each.name);
    fs::remove_all(reeve.folder() / "state");
    reeve.start_and_wait();
    for (const auto* name : {"a", "b"})
      ASSERT_TRUE(reeve.becomes(name, "health", "healthy"));
    for (const auto* name : {"a", "b"})
      ASSERT_EQ(reeve.post("/api/v1/services/" + std::string{name} + "/pause").status, 202);
    reeve.signal(SIGKILL);
    ASSERT_EQ(reeve.wait_exit(), 128 + SIGKILL);
    each.done(reeve.folder() / "state");
    const auto before = reeve.log().size();
    reeve.start_and_wait();
    EXPECT_TRUE(reeve.becomes("b", "supervision", "running")) << "its pause was lost";
    if (each.keeps_the_first) {
      EXPECT_TRUE(reeve.becomes("a", "supervision", "paused")) << "this one was not";
    }
    const auto said = reeve.log().substr(before);
    const auto line = said.find(" is damaged (");
    ASSERT_NE(line, std::string::npos) << said;
    EXPECT_EQ(said.find(" is damaged (", line + 1), std::string::npos) << "once: " << said;
    const auto kept = said.find("kept as ", line) + 8;
    EXPECT_TRUE(fs::exists(said.substr(kept, said.find_first_of(",;", kept) - kept))) << said;
    reeve.signal(SIGTERM);
    ASSERT_EQ(reeve.wait_exit(), 0);
  }
}

TEST(state, of_decisions_is_shown_by_the_next_reeve) {
  reeve_daemon reeve{
    "services:\n"
    "  a: {process: {command: [sh, -c, \"test -e @DIR@/once && exec sleep 86516.@A@;"
    " touch @DIR@/once; exit 3\"]},\n"
    "      restart: {backoff: {initial: 10ms, max: 10ms, jitter: 0}}}\n"
    "  marker: {process: {command: [sleep, \"86517.@A@\"]}}\n"};
  reeve.add_arguments({"--state-dir", "@DIR@/state"});
  const auto decisions = [&] {
    return nlohmann::json::parse(reeve.get("/api/v1/services/a/decisions").body, nullptr, false);
  };
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return reeve.service("a").contains("last_outcome"); }));
  const auto before = decisions();
  const auto outcome = reeve.service("a")["last_outcome"];
  ASSERT_EQ(before["decisions"].size(), 3U) << before << " should be wait, restart, outcome";
  EXPECT_NE(before["decisions"][0]["reason"].get<std::string>().find("code 3"), std::string::npos);
  ASSERT_EQ(reeve.post("/api/v1/services/marker/pause").status, 202) << "so all of it is kept";
  for (int i = 0; i < 2; ++i) {
    reeve.signal(SIGKILL);
    ASSERT_EQ(reeve.wait_exit(), 128 + SIGKILL);
    reeve.start_and_wait();
    EXPECT_TRUE(eventually([&] { return decisions() == before; })) << decisions();
    EXPECT_EQ(reeve.service("a")["last_outcome"], outcome);
  }
  std::vector<pid_t> running;
  ASSERT_TRUE(eventually([&] {
    running = processes_with("86516." + std::to_string(reeve.port('A')));
    return running.size() == 1;
  }));
  kill_process(running[0], SIGKILL);
  ASSERT_TRUE(eventually([&] { return reeve.service("a")["last_outcome"] != outcome; }));
  const auto after = decisions()["decisions"];
  ASSERT_GE(after.size(), 4U);
  EXPECT_EQ(after[0], before["decisions"][0]);
  EXPECT_EQ(after[3]["outcome"], "relapsed") << after;
}

TEST(state, is_held_by_one_daemon) {
  restless_reeve r;
  r.reeve.start_and_wait();
  reeve_daemon other{"services:\n  a: {process: {command: [sleep, \"86515.@A@\"]}}\n"};
  const auto second = run_reeve({"run", "-c", (other.folder() / "reeve.yaml").string(),
                                 "--state-dir", (r.reeve.folder() / "state").string()});
  EXPECT_EQ(second.code, 2);
  EXPECT_EQ(second.err, "another Reeve uses " + (r.reeve.folder() / "state").string()
                          + ": stop it, or name another --state-dir\n");
}

TEST(state, that_cannot_be_kept_stops_no_supervision) {
  restless_reeve r;
  r.reeve.start_and_wait();
  r.settle();
  EXPECT_EQ(r.reeve.metric("reeve_state_kept"), 1);
  EXPECT_EQ(r.reeve.metric("reeve_state_errors_total"), 0);
  const auto state = r.reeve.folder() / "state";
  std::filesystem::remove_all(state);
  std::ofstream{state} << "no folder any more";
  EXPECT_TRUE(eventually([&] { return r.reeve.metric("reeve_state_kept") == 0; }));
  EXPECT_GE(r.reeve.metric("reeve_state_errors_total"), 1);
  const auto ready = r.reeve.get("/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_NE(ready.body.find("not kept"), std::string::npos) << ready.body;
  const auto url = "http://127.0.0.1:" + std::to_string(r.reeve.port());
  const auto status = run_reeve({"status", "--url", url}).out;
  EXPECT_NE(status.find("The state of services is not kept: "), std::string::npos) << status;
  const auto before = r.restarts("c");
  EXPECT_TRUE(eventually([&] { return r.restarts("c") > before + 5; }));
  EXPECT_TRUE(r.order("resume", "paused")) << "orders are answered all the same";
  EXPECT_TRUE(r.order("pause", "paused"));
  std::filesystem::remove(state);
  EXPECT_TRUE(eventually([&] { return r.reeve.metric("reeve_state_kept") == 1; }, 60s));
  r.acknowledge();
  r.reeve.signal(SIGKILL);
  r.reeve.wait_exit();
  r.reeve.start_and_wait();
  r.check();
}

} // namespace

} // namespace reeve::test
