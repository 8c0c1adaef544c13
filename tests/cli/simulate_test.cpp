#include "tests/cli/command.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace reeve::cli {
namespace {

const std::string config =
  "services:\n"
  "  database: {check: tcp://localhost:5432}\n"
  "  backend: {process: {command: [x]}, restart: {backoff: {initial: 1s, jitter: 0}}}\n"
  "tree: {intensity: {restarts: 1, within: 10m}, cooldown: 0}\n";

const std::string scenario = "duration: 100s\n"
                             "failures:\n"
                             "  - {at: 10s, service: backend, down_for: 5s}\n"
                             "start_time: {backend: 2s}\n";

class simulate_command : public testing::Test {
protected:
  finished_command play(const std::string& scenario, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"simulate", "-c", folder.write("reeve.yaml", config), "-s",
                               folder.write("scenario.yaml", scenario)});
    return run_app(more);
  }

  test_folder folder;
};

TEST_F(simulate_command, prints_one_object_a_line_and_then_the_summary) {
  const auto done = play(scenario, {"--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(done.out,
            R"({"at_ms": 0, "event": "start", "service": "database"}
{"at_ms": 0, "event": "start", "service": "backend"}
{"at_ms": 0, "event": "healthy", "service": "database"}
{"at_ms": 2000, "event": "healthy", "service": "backend"}
{"at_ms": 10000, "event": "failed", "service": "backend"}
{"at_ms": 10000, "event": "wait", "service": "backend", "delay_ms": 1000}
{"at_ms": 11000, "event": "start", "service": "backend"}
{"at_ms": 11000, "event": "failed", "service": "backend"}
{"at_ms": 11000, "event": "give_up", "service": "backend"}
{"summary":{"database":{"downtime_ms":0,"restarts":0,"give_ups":0,"availability":1.0},)"
            R"("backend":{"downtime_ms":92000,"restarts":1,"give_ups":1,"availability":0.08}}}
)");
}

TEST_F(simulate_command, tells_people_a_story_in_columns) {
  const auto done = play(scenario);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out, R"(TIME         EVENT     SERVICE   WHY
0:00:00.000  start     database
0:00:00.000  start     backend
0:00:00.000  healthy   database
0:00:02.000  healthy   backend
0:00:10.000  failed    backend   down until 15 s
0:00:10.000  wait      backend   restart in 1 s: down until 15 s
0:00:11.000  start     backend
0:00:11.000  failed    backend   still down, until 15 s
0:00:11.000  give_up   backend   still down, until 15 s; more than 1 restart within 10m in group 'root'

SERVICE   DOWNTIME  RESTARTS  GIVE-UPS  AVAILABILITY
database  0 ms      0         0         100.000 %
backend   1m32s     1         1         8.000 %
)");
}

TEST_F(simulate_command, every_line_is_json_also_for_groups) {
  const auto file = folder.write("group.yaml", "services: {a: {process: {command: [x]}}}\n"
                                               "tree: {intensity: {restarts: 0, within: 1m}, "
                                               "on_exhausted: escalate}\n");
  const auto done =
    run_app({"simulate", "--json", "-c", file, "-s",
             folder.write("scenario.yaml", "{duration: 10s, failures: [{at: 1s, service: a}]}")});
  std::istringstream in{done.out};
  std::vector<std::string> groups;
  for (std::string line; std::getline(in, line);) {
    const auto e = nlohmann::json::parse(line);
    if (e.contains("group"))
      groups.push_back(e["event"].get<std::string>() + " " + e["group"].get<std::string>());
  }
  EXPECT_EQ(groups, (std::vector<std::string>{"escalate root", "exit root"}));
}

TEST_F(simulate_command, another_seed_is_another_story) {
  const std::string random = "{duration: 1d, random: [{service: backend, mtbf: 1h, outage: 1m}]}";
  const auto first = play(random, {"--json", "--seed", "1"}).out;
  EXPECT_EQ(first, play(random, {"--json"}).out);
  EXPECT_NE(first, play(random, {"--json", "--seed", "2"}).out);
}

TEST_F(simulate_command, a_bad_scenario_is_refused_with_all_its_problems) {
  const auto done =
    play("failures:\n  - {at: 1s, service: bakend}\n  - {at: 1, service: backend}\n");
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_NE(done.err.find("scenario.yaml:2:23: failures[0].service: no service 'bakend' in the "
                          "config; did you mean 'backend'?\n"),
            std::string::npos);
  EXPECT_NE(done.err.find("scenario.yaml:3:10: failures[1].at: '1' has no unit"),
            std::string::npos);
}

TEST_F(simulate_command, files_that_are_not_there_are_named) {
  const auto no_scenario =
    run_app({"simulate", "-c", folder.write("reeve.yaml", config), "-s", folder.path("none.yaml")});
  EXPECT_EQ(no_scenario.code, 2);
  EXPECT_EQ(no_scenario.err,
            folder.path("none.yaml") + ": cannot be opened: No such file or directory\n");
  EXPECT_EQ(run_app({"simulate", "-c", folder.path("none.yaml"), "-s", "x"}).code, 2);
  EXPECT_EQ(run_app({"simulate"}).code, 2);
}

TEST_F(simulate_command, what_comes_after_the_end_is_warned_of) {
  const auto done = play("{duration: 1m, failures: [{at: 2m, service: backend}]}", {"--json"});
  EXPECT_EQ(done.code, 0);
  EXPECT_NE(done.err.find("failures[0].at: is never played: it ends after 1m"), std::string::npos);
}

} // namespace
} // namespace reeve::cli
