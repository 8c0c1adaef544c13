#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

// What a config holds in secret is shown nowhere: every check here fails in another way, and every
// secret is "hunter2".

namespace reeve::test {

namespace {

const std::string failing_services =
  "services:\n"
  "  refused: {check: 'http://app:hunter2@127.0.0.1:@A@/'}\n"
  "  asked: {check: 'http://127.0.0.1:@PORT@/?token=hunter2'}\n"
  "  headed: {check: {http: 'http://127.0.0.1:@PORT@/', headers: "
  "{Authorization: Bearer hunter2}}}\n"
  "  nameless: {check: 'http://hunter2@no-such-host.invalid/'}\n"
  "  sent: {check: {tcp: 'tcp://127.0.0.1:@PORT@', send: "
  "\"AUTH hunter2\\r\\n\\r\\n\", expect: OK}}\n"
  "  cache: {check: 'redis://:hunter2@127.0.0.1:@PORT@'}\n"
  "  shut: {check: 'redis://app:hunter2@127.0.0.1:@A@'}\n"
  "  db: {check: 'postgres://app:hunter2@127.0.0.1:@PORT@/app'}\n"
  "  gone: {check: 'postgres://127.0.0.1:@A@/app?password="
  "hunter2'}\n"
  "defaults: {check: {interval: 500ms, unhealthy_after: 1}}\n";

class secret : public testing::Test {
protected:
  reeve_daemon reeve{failing_services};

  void SetUp() override {
    reeve.start_and_wait();
    ASSERT_TRUE(eventually([this] { return reeve.get("/readyz").status == 200; })) << reeve.log();
  }

  std::string config() const {
    return (reeve.folder() / "reeve.yaml").string();
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(reeve.port());
  }

  static void expect_hidden(const std::string& where, const std::string& text) {
    EXPECT_FALSE(text.empty()) << where << " shows nothing at all";
    EXPECT_EQ(text.find("hunter2"), text.npos) << where << ":\n" << text;
  }
};

TEST_F(secret, is_in_no_answer) {
  for (const auto* page : {"/health", "/metrics", "/api/v1/services", "/api/v1/services/refused",
                           "/api/v1/services/cache", "/api/v1/services/db", "/api/v1/tree"})
    expect_hidden(page, reeve.get(page).body);
}

TEST_F(secret, is_in_no_log_line) {
  expect_hidden("the log", reeve.log());
}

TEST_F(secret, is_in_no_log_line_about_a_bad_file) {
  reeve.write_config("services:\n  a: {check: 'redis://:hunter2@cache/x'}\n");
  reeve.signal(SIGHUP);
  ASSERT_TRUE(eventually([this] { return reeve.log().find("not reloaded") != std::string::npos; }));
  EXPECT_NE(reeve.log().find("redis://:***@cache/x"), std::string::npos) << reeve.log();
  expect_hidden("the log", reeve.log());
}

TEST_F(secret, is_in_no_output_of_a_command) {
  for (const auto& command : {std::vector<std::string>{"check", "-c", config()},
                              {"check", "--json", "-c", config()},
                              {"validate", "-c", config()},
                              {"status", "--url", url()},
                              {"status", "--json", "--url", url()}}) {
    const auto said = run_reeve(command);
    expect_hidden(command.front(), said.out + said.err);
  }
}

TEST_F(secret, is_in_no_command_line) {
  std::ifstream in{"/proc/" + std::to_string(reeve.pid()) + "/cmdline"};
  expect_hidden("the process list", {std::istreambuf_iterator<char>{in}, {}});
  EXPECT_TRUE(processes_with("hunter2").empty());
}

} // namespace

} // namespace reeve::test
