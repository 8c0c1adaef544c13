#include "tests/support/kill_process.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

// What a reload does with each key: takes it at once, restarts its service, or refuses it.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

/// A daemon whose whole file is the test's own.
struct reloaded {
  explicit reloaded(const std::string& text) {
    write(text);
  }
  void write(const std::string& text) const {
    std::ofstream{reeve.folder() / "reeve.yaml"} << reeve.fill_in(text);
  }
  /// Returns the lines that a reload of this file logs.
  std::string reload(const std::string& text) const {
    write(text);
    const auto before = reeve.log();
    const auto begun = [&](const char* what) {
      return count(reeve.log(), what) > count(before, what);
    };
    reeve.signal(SIGHUP);
    EXPECT_TRUE(
      eventually([&] { return begun("config reloaded") || begun("config not reloaded"); }));
    return reeve.log().substr(before.size());
  }

  reeve_daemon reeve{"services: {a: {check: tcp://127.0.0.1:1}}\n"};
};

const std::string listen = "listen: \"127.0.0.1:@PORT@\"";
const std::string idle = "services: {a: {process: {command: [sleep, \"86530.@A@\"]}}}\n";

TEST(a_reload, of_what_is_read_at_the_start_only_is_refused_and_names_the_key) {
  const auto good = "server: {" + listen + ", token_file: @DIR@/token}\n" + idle;
  reloaded r{good};
  std::ofstream{r.reeve.folder() / "token"} << "secret";
  r.reeve.start_and_wait();
  const auto server = [](const std::string& more) { return "server: {" + more + "}\n" + idle; };
  const auto kept = listen + ", token_file: @DIR@/token";
  const std::vector<std::pair<std::string, std::string>> changes{
    {"server.listen", server("listen: \"127.0.0.1:1\", token_file: @DIR@/token")},
    {"server.listen", server("listen: [\"127.0.0.1:@PORT@\", unix:@DIR@/r.sock], token_file: "
                             "@DIR@/token")},
    {"server.listen", server("listen: unix:@DIR@/r.sock, token_file: @DIR@/token")},
    {"server.health", server(kept + ", health: {fail_on: degraded}")},
    {"server.token_file", server(listen + ", token_file: @DIR@/other")},
    {"server.token_file", server(listen)},
    {"server.orders", server(kept + ", orders: token")},
    {"server.orders", server(kept + ", orders: none")},
    {"docker.socket", server(kept) + "docker: {socket: /nowhere/docker.sock}\n"},
    {"metrics.prefix", server(kept) + "metrics: {prefix: other}\n"}};
  double refused = 0;
  for (const auto& [key, text] : changes) {
    SCOPED_TRACE(text);
    const auto said = r.reload(text);
    EXPECT_NE(said.find("reeve.yaml: " + key + " changed; "), std::string::npos) << said;
    EXPECT_NE(said.find("config not reloaded"), std::string::npos) << said;
    EXPECT_EQ(r.reeve.metric("reeve_config_reloads_total{result=\"refused\"}"), ++refused);
  }
  const auto both = r.reload(server("listen: \"127.0.0.1:1\", token_file: @DIR@/token")
                             + "metrics: {prefix: other}\n");
  EXPECT_NE(both.find("server.listen, metrics.prefix changed"), std::string::npos) << both;
  EXPECT_NE(r.reload(good).find("nothing changed"), std::string::npos) << "the old one stayed";
}

/// One service, whose map is `content`.
std::string with(const std::string& content, const std::string& more = "") {
  return "server: {" + listen + "}\n" + more + "services: {a: {" + content + "}}\n";
}

TEST(a_reload, takes_what_is_about_watching_without_touching_the_process) {
  const std::string process = "process: {command: [sleep, \"86531.@A@\"]}";
  reloaded r{with(process)};
  r.reeve.start_and_wait();
  const auto pids = [&] { return processes_with(r.reeve.fill_in("sleep 86531.@A@")); };
  ASSERT_TRUE(eventually([&] { return pids().size() == 1; }));
  const auto pid = pids().front();
  for (const auto& text :
       {with(process + ", description: it sleeps"), with(process + ", labels: {team: core}"),
        with(process + ", check: {exec: [\"true\"], interval: 1s}"),
        with(process + ", check: {exec: [\"true\"], interval: 2s}"),
        with(process + ", check: {exec: [\"true\"], interval: 2s, timeout: 1s}"),
        with(process + ", restart: {type: transient}"),
        with(process + ", restart: {backoff: {initial: 3s}}"),
        with(process + ", restart: {stop_timeout: 1s}"),
        with(process + ", restart: {reset_after: 5m}"),
        with(process, "defaults: {restart: {backoff: {max: 9m}}}\n"),
        with(process, "tree: {intensity: {restarts: 9, within: 1m}}\n"),
        with(process, "tree: {budget: {concurrent: 1}}\n"),
        with(process, "tree: {strategy: one_for_all}\n"),
        with(process, "tree: {children: [{group: g, children: [a]}]}\n")}) {
    SCOPED_TRACE(text);
    const auto said = r.reload(text);
    EXPECT_NE(said.find("config reloaded: 1 service; "), std::string::npos) << said;
    EXPECT_EQ(said.find("nothing changed"), std::string::npos) << said;
    ASSERT_TRUE(r.reeve.becomes("a", "supervision", "running"));
    EXPECT_EQ(pids(), std::vector<pid_t>{pid});
  }
}

TEST(a_reload, of_each_key_of_a_process_starts_it_anew_with_it) {
  const auto process = [](const std::string& more) {
    return with("process: {command: [sh, -c, \"pwd; echo $X; exec sleep 86532.@A@\"]" + more + "}");
  };
  reloaded r{process("")};
  r.reeve.start_and_wait();
  const auto pids = [&] { return processes_with(r.reeve.fill_in("sleep 86532.@A@")); };
  ASSERT_TRUE(eventually([&] { return pids().size() == 1; }));
  for (const auto& text :
       {process(", cwd: /"), process(", env: {X: new}"), process(", stop_signal: KILL"),
        with("process: {command: [sleep, \"86532.@A@\"]}")}) {
    SCOPED_TRACE(text);
    auto before = pids();
    ASSERT_TRUE(eventually([&] { // while it executes another program it has no words
      before = pids();
      return before.size() == 1;
    }));
    r.reload(text);
    EXPECT_TRUE(eventually([&] {
      const auto now = pids();
      return now.size() == 1 && now != before;
    }));
  }
}

// -- the pressure of the host --------------------------------------------------------

/// Processes that together press on the processor, until its kernel says so.
struct busy_host {
  busy_host() {
    const auto processors = std::max(2U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < 2 * processors; ++i)
      spinning.push_back(std::make_unique<background_process>(
        std::vector<std::string>{"sh", "-c", "while :; do :; done"}, "/dev/null"));
    EXPECT_TRUE(eventually([] {
      std::ifstream in{"/proc/pressure/cpu"};
      std::string some, average;
      return in >> some >> average && std::stod(average.substr(average.find('=') + 1)) > 1;
    }));
  }
  static bool is_told() {
    return std::filesystem::exists("/proc/pressure/cpu");
  }

  std::vector<std::unique_ptr<background_process>> spinning;
};

const std::string free_to_restart =
  "server: {" + listen
  + "}\nservices: {a: {process: {command: [sleep, \"86533.@A@\"]}, restart: {backoff: {initial: "
    "1s, max: 1s}}}}\n";
const std::string held_back = free_to_restart + "tree: {hold: {cpu: 0.01}}\n";

void fall(const reloaded& r) {
  std::vector<pid_t> pids;
  ASSERT_TRUE(eventually([&] {
    pids = processes_with(r.reeve.fill_in("sleep 86533.@A@"));
    return pids.size() == 1;
  }));
  kill_process(pids.front(), SIGKILL);
}

bool is_held(const reloaded& r) {
  return eventually([&] {
    const auto a = r.reeve.service("a");
    return a.is_object() && a.value("reason", "").find("held: cpu pressure") != std::string::npos;
  });
}

TEST(tree_hold, in_the_file_at_the_start_holds_restarts_back) {
  if (!busy_host::is_told())
    GTEST_SKIP() << "this kernel does not tell its pressure";
  const busy_host busy;
  reloaded r{held_back};
  r.reeve.start_and_wait();
  fall(r);
  EXPECT_TRUE(is_held(r)) << r.reeve.service("a");
}

TEST(tree_hold, that_a_reload_adds_holds_and_that_it_removes_lets_go) {
  if (!busy_host::is_told())
    GTEST_SKIP() << "this kernel does not tell its pressure";
  const busy_host busy;
  reloaded r{free_to_restart};
  r.reeve.start_and_wait();
  fall(r);
  ASSERT_TRUE(r.reeve.becomes("a", "restarts", 1));
  r.reload(held_back);
  fall(r);
  EXPECT_TRUE(is_held(r)) << r.reeve.service("a");
  EXPECT_EQ(r.reeve.service("a")["restarts"], 1);
  r.reload(free_to_restart);
  EXPECT_TRUE(r.reeve.becomes("a", "restarts", 2));
}

} // namespace

} // namespace reeve::test
