#include "tests/cli/command.hpp"
#include "tests/supervisor/otp_trace.hpp"

#include <map>
#include <sstream>

// What OTP did, replayed by the command: config file, scenario file, and JSON out.

namespace reeve::cli {
namespace {

using nlohmann::json;

void write_services(const json& group, std::ostream& out) {
  for (const auto& child : group["children"]) {
    if (child.contains("children"))
      write_services(child, out);
    else
      out << "  " << child["id"].get<std::string>()
          << ": {process: {command: [x]}, restart: {backoff: none, type: "
          << child["restart"].get<std::string>() << "}}\n";
  }
}

void write_policy(const json& group, std::ostream& out, const std::string& indent) {
  out << indent << "strategy: " << group["strategy"].get<std::string>() << '\n'
      << indent << "intensity: {restarts: " << group["intensity"]
      << ", within: " << group["period_s"] << "s}\n"
      << indent << "on_exhausted: escalate\n"
      << indent << "children:\n";
  for (const auto& child : group["children"]) {
    const auto id = child["id"].get<std::string>();
    if (!child.contains("children")) {
      out << indent << "  - " << id << '\n';
      continue;
    }
    out << indent << "  - group: " << id << '\n'
        << indent << "    restart: " << child["restart"].get<std::string>() << '\n';
    write_policy(child, out, indent + "    ");
  }
}

std::string config_of(const otp::scenario& s) {
  std::ostringstream out;
  out << "services:\n";
  write_services(s.tree, out);
  out << "tree:\n";
  write_policy(s.tree, out, "  ");
  return out.str();
}

std::string scenario_of(const otp::scenario& s) {
  std::ostringstream out;
  out << "duration: 1h\nfailures:\n";
  for (const auto& step : s.steps)
    out << "  - {at: " << step.at.count() << "ms, service: " << step.child
        << ", exit: " << (step.is_normal ? "normal" : "crash") << "}\n";
  return out.str();
}

/// Stops and starts by their time, as OTP's trace names them, and whether somebody failed.
struct told {
  std::map<long, std::vector<std::string>> actions;
  std::map<long, int> failures;
};

told read_events(const std::string& text) {
  told all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    const auto e = json::parse(line);
    if (e.contains("summary"))
      continue;
    const auto what = e["event"].get<std::string>();
    const auto at = e["at_ms"].get<long>();
    if (what == "start" || what == "stop")
      all.actions[at].push_back(what + " " + e["service"].get<std::string>());
    else if (what == "exit")
      all.actions[at].push_back("stop " + e["group"].get<std::string>());
    else if (what == "failed")
      ++all.failures[at];
  }
  return all;
}

TEST(simulate, does_what_otp_did_in_150_scenarios) {
  const test_folder folder;
  const auto scenarios = otp::all_scenarios();
  ASSERT_EQ(scenarios.size(), 150U);
  for (const auto& s : scenarios) {
    SCOPED_TRACE("seed " + std::to_string(s.seed));
    const auto done = run_app({"simulate", "--json", "-c", folder.write("reeve.yaml", config_of(s)),
                               "-s", folder.write("scenario.yaml", scenario_of(s))});
    ASSERT_EQ(done.code, 0) << done.err;
    auto played = read_events(done.out);
    EXPECT_EQ(played.actions[0], s.boot);
    played.actions.erase(0);
    std::map<long, std::vector<std::string>> expected;
    for (const auto& step : s.steps) {
      EXPECT_EQ(played.failures[step.at.count()], step.is_delivered ? 1 : 0);
      if (!step.actions.empty())
        expected[step.at.count()] = step.actions;
    }
    ASSERT_EQ(played.actions, expected);
  }
}

} // namespace
} // namespace reeve::cli
