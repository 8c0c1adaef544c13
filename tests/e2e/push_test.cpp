#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

// A job that says by itself that all is well, to the real daemon.

namespace reeve::test {

namespace {

const std::string config =
  "services:\n"
  "  backup: {check: {push: {token: 3f1c0a6e9b7d4e52, period: 1h, grace: 5m}}}\n"
  "  quick: {check: {push: {token: 94d2be0c7a615f38, period: 1s, grace: 0s}}}\n";

TEST(push, a_failure_a_success_and_a_missed_deadline_show_at_once) {
  reeve_daemon reeve{config};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("backup", "health", "healthy"));
  EXPECT_TRUE(reeve.becomes("quick", "health", "unhealthy")) << "nobody pushes";
  EXPECT_EQ(reeve.service("quick")["reason"], "no push for 1 s, expected every 1 s");

  EXPECT_EQ(reeve.post("/api/v1/push/3f1c0a6e9b7d4e52/3").status, 200);
  EXPECT_TRUE(reeve.becomes("backup", "health", "unhealthy"));
  EXPECT_EQ(reeve.service("backup")["reason"], "it told exit code 3");
  EXPECT_FALSE(reeve.service("backup").contains("next_check"));
  EXPECT_EQ(reeve.post("/api/v1/push/3f1c0a6e9b7d4e52").status, 200);
  EXPECT_TRUE(reeve.becomes("backup", "health", "healthy"));
  EXPECT_TRUE(reeve.service("backup").contains("next_check"));

  EXPECT_EQ(reeve.post("/api/v1/push/nobody").status, 404);
  EXPECT_EQ(reeve.get("/api/v1/push/3f1c0a6e9b7d4e52").status, 405);
  const auto shown = reeve.get("/api/v1/services").body + reeve.get("/metrics").body + reeve.log();
  EXPECT_EQ(shown.find("3f1c0a6e9b7d4e52"), std::string::npos);
  EXPECT_NE(shown.find("endpoint=\"/api/v1/push/{token}\""), std::string::npos);
}

TEST(push, cannot_be_asked_for_by_a_command) {
  reeve_daemon reeve{config};
  const auto said = run_reeve({"check", "-c", (reeve.folder() / "reeve.yaml").string(), "backup"});
  EXPECT_EQ(said.code, 1);
  EXPECT_NE(said.out.find("only the running daemon knows"), std::string::npos) << said.out;
}

} // namespace

} // namespace reeve::test
