#include "cli/tune_report.hpp"
#include "tests/cli/command.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <set>

namespace reeve::cli {
namespace {

using nlohmann::json;

const std::string config =
  "services:\n"
  "  database: {check: tcp://localhost:5432}\n"
  "  backend: {process: {command: [x]}, restart: {backoff: {initial: 1s, factor: 2, max: 5m}, "
  "intensity: {restarts: 5, within: 10m}}}\n"
  "  worker: {process: {command: [x]}, restart: {backoff: {initial: 30s, factor: 1, max: 30s}}}\n"
  "tree:\n"
  "  children:\n"
  "    - group: app\n"
  "      children:\n"
  "        - group: inner\n"
  "          children: [backend]\n";

const std::string scenario = "duration: 1h\n"
                             "failures: [{at: 10m, service: backend, down_for: 5m}]\n"
                             "random: [{service: backend, mtbf: 2h}]\n";

class tune_command : public testing::Test {
protected:
  finished_command play(std::vector<std::string> more, const std::string& written = scenario,
                        const std::string& name = "scenario.yaml") const {
    more.insert(more.begin(), {"tune", "-c", folder.write("reeve.yaml", config), "-s",
                               folder.write(name, written), "--seeds", "4"});
    return run_app(more);
  }

  json report() const {
    const auto done = play({"--service", "backend", "--json"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.err, ""); // no bar where no terminal is
    return json::parse(done.out);
  }

  test_folder folder;
};

TEST_F(tune_command, compares_the_present_policy_dozens_of_others_and_peers) {
  const auto all = report();
  EXPECT_EQ(all["service"], "backend");
  EXPECT_EQ(all["seeds"], 4);
  std::map<std::string, int> kinds;
  std::set<std::string> peers;
  for (const auto& p : all["policies"]) {
    ++kinds[p["kind"]];
    if (p["kind"] == "peer")
      peers.insert(p["policy"].get<std::string>());
  }
  EXPECT_EQ(kinds["present"], 1);
  EXPECT_GE(kinds["candidate"], 36);
  for (const auto* name : {"systemd", "Docker, restart always", "kubelet", "Nomad, service", "s6"})
    EXPECT_TRUE(peers.contains(name)) << name;
}

TEST_F(tune_command, picks_what_does_not_give_up_and_stands_on_the_front) {
  const auto all = report();
  const auto& policies = all["policies"];
  EXPECT_EQ(policies[0]["kind"], "present");
  EXPECT_EQ(policies[0]["gave_up"], 1.0); // 1 s x 2 with 5 in 10 m: after half a minute
  const auto pick = std::find_if(policies.begin(), policies.end(),
                                 [&](const json& p) { return p["policy"] == all["pick"]; });
  ASSERT_NE(pick, policies.end());
  EXPECT_EQ((*pick)["gave_up"], 0.0);
  EXPECT_EQ((*pick)["pareto"], true);
}

TEST_F(tune_command, the_snippet_can_be_pasted_and_then_is_the_present_policy) {
  const auto first = report();
  // A user merges it by hand; here the two lines it changes are put in their places.
  const auto yaml = first["yaml"].get<std::string>();
  const auto value = [&](const std::string& key) {
    const auto at = yaml.find(key + ": ") + key.size() + 2;
    return yaml.substr(at, yaml.find('\n', at) - at);
  };
  const auto merged = folder.write(
    "merged.yaml", "services: {backend: {process: {command: [x]}, restart: {backoff: "
                     + value("backoff") + ", intensity: " + value("intensity") + "}}}\n");
  const auto again = run_app({"tune", "-c", merged, "-s", folder.path("scenario.yaml"), "--seeds",
                              "4", "--service", "backend", "--json"});
  EXPECT_EQ(json::parse(again.out)["policies"][0]["policy"],
            "present: " + first["pick"].get<std::string>());
}

TEST_F(tune_command, the_snippet_sets_the_window_that_holds) {
  policy_choice choice{{.none = true}, {20, std::chrono::minutes{10}}, on_exhausted::give_up};
  daemon_spec spec;
  spec.tree.children = {"backend"};
  spec.tree.intensity_is_written = false;
  const std::string own = "services:\n"
                          "  backend:\n"
                          "    restart:\n"
                          "      backoff: none\n"
                          "      intensity: {restarts: 20, within: 10m}\n";
  EXPECT_EQ(yaml_of(choice, spec, "backend"), own);
  choice.on_exhausted = on_exhausted::escalate;
  EXPECT_EQ(yaml_of(choice, spec, "backend"), own + "tree:\n  on_exhausted: escalate\n");
}

TEST_F(tune_command, the_snippet_leads_through_the_groups) {
  policy_choice choice;
  choice.backoff = {false, std::chrono::seconds{1}, 1.5, std::chrono::seconds{30}, 0.1};
  choice.intensity = {20, std::chrono::minutes{10}};
  daemon_spec spec;
  group_spec inner, outer;
  inner.name = "inner";
  inner.children = {"other", "backend"};
  outer.name = "outer";
  outer.children = {"third", inner};
  spec.tree.children = {"first", outer};
  EXPECT_EQ(yaml_of(choice, spec, "backend"),
            "services:\n"
            "  backend:\n"
            "    restart:\n"
            "      backoff: {initial: 1s, factor: 1.5, max: 30s, jitter: 0.1}\n"
            "tree:\n"
            "  children:\n"
            "    - group: outer\n"
            "      children:\n"
            "        - group: inner\n"
            "          intensity: {restarts: 20, within: 10m}\n"
            "          on_exhausted: give_up\n");
  choice.backoff = {.none = true};
  EXPECT_EQ(yaml_of(choice, spec, "first"), "services:\n"
                                            "  first:\n"
                                            "    restart:\n"
                                            "      backoff: none\n"
                                            "tree:\n"
                                            "  intensity: {restarts: 20, within: 10m}\n"
                                            "  on_exhausted: give_up\n");
}

TEST_F(tune_command, prints_a_table_the_snippet_and_why) {
  const auto done = play({"--service", "backend", "--spread", "0"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.out.find("outages up to"), std::string::npos);
  for (const auto* part :
       {"'backend' in ", " 4 runs of ", "POLICY", "EXTRA DOWNTIME, MEAN",
        "present: 1s x 2 to 5m; 5 in 10m, give_up", "\n> ", "\n* ", "kubelet",
        "\nservices:\n  backend:\n    restart:\n      backoff: {initial: ", "\n# It costs "})
    EXPECT_NE(done.out.find(part), std::string::npos) << part << "\n" << done.out;
}

TEST_F(tune_command, is_the_same_each_time) {
  EXPECT_EQ(play({"--service", "backend"}).out, play({"--service", "backend"}).out);
}

TEST_F(tune_command, writes_one_page_that_needs_nothing_else) {
  const auto page = folder.path("page.html");
  const auto done = play({"--service", "backend", "--html", page}, scenario, "<b>&'\".yaml");
  ASSERT_EQ(done.code, 0) << done.err;
  std::ifstream in{page};
  const std::string html{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(html.rfind("<!doctype html>", 0), 0U);
  for (const auto* part : {"<svg", "</svg>", "<table>", "kubelet", "&lt;b&gt;&amp;&#39;&quot;.yaml",
                           "backoff: {initial: "})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  for (const auto* part : {"<b>", "http", "src=", "url(", "@import", "<script", "<link"})
    EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST_F(tune_command, says_what_it_cannot_tune) {
  const auto refused = [&](const std::string& service, const std::string& written = scenario) {
    const auto done = play({"--service", service}, written);
    EXPECT_EQ(done.code, 2);
    EXPECT_EQ(done.out, "");
    return done.err;
  };
  EXPECT_EQ(refused("bakend"), "no service 'bakend'; did you mean 'backend'?\n");
  EXPECT_EQ(refused("database"), "'database' has no restart target: there is nothing to tune\n");
  EXPECT_EQ(refused("worker"),
            "'worker' never fails in " + folder.path("scenario.yaml") + ": give it a failure\n");
  const auto late =
    play({"--service", "backend"}, "{duration: 1m, failures: [{at: 2m, service: backend}]}");
  EXPECT_EQ(late.code, 2);
  EXPECT_EQ(late.out, "");
  EXPECT_NE(late.err.find("\n'backend' fails in " + folder.path("scenario.yaml")
                          + " only after its end, at 1m: give it a longer 'duration'\n"),
            std::string::npos)
    << late.err;
  EXPECT_EQ(
    refused("backend", "{duration: 10m, failures: [{at: 1m, service: backend, down_for: 5h}]}"),
    "no failure of 'backend' in " + folder.path("scenario.yaml")
      + " could be over before the end, at 10m: give it a longer 'duration', or shorter "
        "outages\n");
  const auto page = play({"--service", "backend", "--html", folder.path("no/page.html")});
  EXPECT_EQ(page.code, 2);
  EXPECT_EQ(page.err,
            folder.path("no/page.html") + ": cannot be written: No such file or directory\n");
  EXPECT_NE(page.out, "") << "what took its time to find out is shown all the same";
}

} // namespace
} // namespace reeve::cli
