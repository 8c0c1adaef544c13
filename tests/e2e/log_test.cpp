#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

// The log as a collector reads it.

namespace reeve::test {

namespace {

/// A service that talks and falls until nothing is left to try.
const std::string falling =
  "services:\n"
  "  worker:\n"
  "    process: {command: [sh, -c, 'echo \"say \\\"hi\\\"\"; exit 9']}\n"
  "    restart: {backoff: none}\n"
  "tree:\n"
  "  on_exhausted: escalate\n"
  "  intensity: {restarts: 1, within: 1m}\n"
  "  children:\n"
  "    - {group: app, on_exhausted: escalate, intensity: {restarts: 1, within: 1m},\n"
  "       children: [worker]}\n";

TEST(json_log, names_the_service_or_group_that_a_line_is_about) {
  const reeve_daemon reeve{falling};
  const auto run =
    run_reeve({"run", "-c", (reeve.folder() / "reeve.yaml").string(), "--log-format", "json"});
  EXPECT_EQ(run.code, 3) << run.err;
  std::map<std::string, int> about;
  bool quoted = false;
  std::istringstream lines{run.err};
  for (std::string text; std::getline(lines, text);) {
    const auto line = nlohmann::json::parse(text, nullptr, false);
    ASSERT_TRUE(line.is_object()) << text;
    EXPECT_TRUE(line.contains("time") && line.contains("level")) << text;
    const auto message = line.value("message", "");
    const auto service = line.value("service", "");
    const auto group = line.value("group", "");
    EXPECT_EQ(service, message.starts_with("worker") ? "worker" : "") << text;
    EXPECT_EQ(group, message.starts_with("group 'app'")    ? "app"
                     : message.starts_with("group 'root'") ? "root"
                                                           : "")
      << text;
    ++about[service + group];
    quoted = quoted || message == "worker: say \"hi\"";
  }
  EXPECT_TRUE(quoted) << run.err;
  for (const auto* what : {"worker", "app", "root", ""})
    EXPECT_GT(about[what], 0) << what << "\n" << run.err;
}

} // namespace

} // namespace reeve::test
