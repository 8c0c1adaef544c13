#include "actors/series.hpp"
#include "tests/actors/support/daemon_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace reeve;
using namespace reeve::actors::test;

namespace {

/// What promtool complains of; empty when it is content.
std::string complaints_of_promtool(const std::string& text) {
  const auto file = ::testing::TempDir() + "reeve_metrics_" + std::to_string(::getpid());
  std::ofstream{file} << text;
  auto* pipe = ::popen(("promtool check metrics < " + file + " 2>&1").c_str(), "r");
  std::string said;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;)
    said += static_cast<char>(c);
  const auto code = ::pclose(pipe);
  std::remove(file.c_str());
  return code == 0 ? said : said + " (failed)";
}

} // namespace

class metrics_text : public daemon_fixture {};

TEST_F(metrics_text, pleases_promtool) {
  if (std::system("promtool --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is not installed";
  world_.answers("http://web", 200);
  start(daemon_of({web_service("web"), process_service("api")}));
  advance(30s);
  child_exits("api", 1);
  advance(1s);
  world_.failing["api"] = "no such file";
  child_exits("api", 1);
  advance(2s);
  daemon_->observe_http("GET", "/health", 200, 3ms);
  daemon_->config_reloaded(false);
  kill("probe/web");
  const auto text = metrics();
  EXPECT_EQ(complaints_of_promtool(text), "") << text;
  for (const auto* name : {"reeve_service_up",
                           "reeve_service_health",
                           "reeve_service_uptime_seconds",
                           "reeve_service_restarts_total",
                           "reeve_service_restart_failures_total",
                           "reeve_service_backoff_seconds",
                           "reeve_service_given_up",
                           "reeve_check_duration_seconds",
                           "reeve_check_latency_seconds",
                           "reeve_checks_total",
                           "reeve_schedule_lag_seconds",
                           "reeve_reaction_seconds",
                           "reeve_actor_respawns_total",
                           "reeve_config_reloads_total",
                           "reeve_build_info",
                           "http_requests_total",
                           "http_request_duration_seconds",
                           "process_cpu_seconds_total",
                           "process_resident_memory_bytes",
                           "process_open_fds",
                           "process_start_time_seconds"})
    EXPECT_NE(text.find(std::string{"# TYPE "} + name + " "), std::string::npos) << name;
}

TEST_F(metrics_text, takes_its_prefix_from_the_config) {
  auto spec = daemon_of({web_service("web")});
  spec.metrics_prefix = "mine";
  start(spec);
  const auto text = metrics();
  EXPECT_NE(text.find("mine_service_up{"), std::string::npos);
  EXPECT_NE(text.find("mine_build_info{version=\"1.2.3\"} 1"), std::string::npos);
  EXPECT_EQ(text.find("reeve_"), std::string::npos);
}

TEST_F(metrics_text, of_many_services_comes_in_parts_and_whole) {
  std::vector<service_spec> services;
  for (auto i = 0; i < 2'500; ++i)
    services.push_back(process_service("s" + std::to_string(i)));
  start(daemon_of(std::move(services)));
  const auto next = daemon_->metrics_text();
  std::string text;
  std::size_t longest = 0;
  for (auto part = next(); !part.empty(); part = next()) {
    text += part;
    longest = std::max(longest, part.size());
  }
  EXPECT_LT(longest, 100'000U);
  EXPECT_GT(text.size(), 10 * longest);
  std::size_t ups = 0;
  for (auto at = text.find("\nreeve_service_up{"); at != std::string::npos;
       at = text.find("\nreeve_service_up{", at + 1))
    ++ups;
  EXPECT_EQ(ups, 2'500U);
}

TEST_F(metrics_text, survives_a_reload_between_its_parts) {
  std::vector<service_spec> services;
  for (auto i = 0; i < 1'000; ++i)
    services.push_back(process_service("s" + std::to_string(i)));
  start(daemon_of(std::move(services)));
  const auto next = daemon_->metrics_text();
  auto text = next();
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({process_service("s0")})));
  run();
  for (auto part = next(); !part.empty(); part = next())
    text += part;
  EXPECT_NE(text.find("\nreeve_service_given_up{service=\"s0\""), std::string::npos);
  EXPECT_EQ(text.find("\nreeve_service_up{service=\"s999\""), std::string::npos);
  EXPECT_EQ(text.back(), '\n');
}

TEST(series_labels, are_escaped) {
  std::string text = "up";
  actors::append_labels(text, {{"a", "b\"c\\d\ne"}, {"f", "g"}});
  EXPECT_EQ(text, R"(up{a="b\"c\\d\ne",f="g")");
}
