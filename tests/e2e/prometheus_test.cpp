#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <fstream>

// The real Prometheus and its linter against the real /metrics.

namespace reeve::test {

namespace {

const std::string config =
  "services:\n"
  "  worker: {process: {command: [sleep, \"86601\"]}, check: {exec: [\"true\"], interval: 1s}}\n"
  "  gone: {check: {tcp: \"tcp://127.0.0.1:@B@\", interval: 1s}}\n";

TEST(metrics, promtool_has_nothing_to_say) {
  reeve_daemon reeve{config};
  reeve.start_and_wait();
  ASSERT_TRUE(eventually([&] { return reeve.get("/readyz").status == 200; }));
  std::ofstream{reeve.folder() / "metrics"} << reeve.get("/metrics").body;
  auto said =
    run_command({"sh", "-c", "promtool check metrics < " + (reeve.folder() / "metrics").string()});
  EXPECT_EQ(said.code, 0);
  EXPECT_EQ(said.out + said.err, "");
}

TEST(metrics, a_real_prometheus_scrapes_them) {
  reeve_daemon reeve{config};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("worker", "health", "healthy"));
  std::ofstream{reeve.folder() / "prometheus.yml"} << reeve.fill_in(
    "global: {scrape_interval: 1s}\n"
    "scrape_configs: [{job_name: reeve, static_configs: [{targets: [\"127.0.0.1:@PORT@\"]}]}]\n");
  background_process prometheus{{"prometheus", reeve.fill_in("--config.file=@DIR@/prometheus.yml"),
                                 reeve.fill_in("--storage.tsdb.path=@DIR@/tsdb"),
                                 reeve.fill_in("--web.listen-address=127.0.0.1:@C@")},
                                reeve.folder() / "prometheus.log"};
  auto query = [&](const std::string& what) {
    auto url =
      "http://127.0.0.1:" + std::to_string(reeve.port('C')) + "/api/v1/query?query=" + what;
    auto answer = nlohmann::json::parse(run_command({"curl", "-s", "-g", url}).out, nullptr, false);
    bool found = answer.is_object() && answer.value("status", "") == "success"
                 && !answer["data"]["result"].empty();
    return found ? answer["data"]["result"][0]["value"][1].get<std::string>() : "";
  };
  EXPECT_TRUE(eventually([&] { return query("reeve_service_up{service=\"worker\"}") == "1"; }));
  EXPECT_EQ(query("reeve_service_up{service=\"gone\"}"), "0");
  EXPECT_EQ(query("up{job=\"reeve\"}"), "1");
}

} // namespace

} // namespace reeve::test
