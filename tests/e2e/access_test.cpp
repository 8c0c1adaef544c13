#include "tests/support/places.hpp"
#include "tests/support/reeve_daemon.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

// Who reaches the daemon by which way, and how the commands tell what came of it.

namespace reeve::test {

namespace {

using namespace std::chrono_literals;

const std::string worker = "services: {a: {process: {command: [sleep, \"86520.@A@\"]}}}\n";

/// A daemon whose `server:` is the test's own.
struct own_server {
  explicit own_server(const std::string& server) {
    std::ofstream{config()} << reeve.fill_in("server: {" + server + "}\n" + worker);
    std::ofstream{reeve.folder() / "token"} << "s3cret\n";
  }
  std::string config() const {
    return (reeve.folder() / "reeve.yaml").string();
  }
  std::string socket() const {
    return (reeve.folder() / "reeve.sock").string();
  }
  finished ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"-c", config()});
    return run_reeve(words);
  }
  void start_and_wait() {
    reeve.start();
    ASSERT_TRUE(eventually([this] { return ask({"healthcheck"}).code == 0; })) << reeve.log();
  }

  reeve_daemon reeve{worker};
};

TEST(a_unix_socket, is_enough_for_every_command_and_for_curl) {
  own_server s{"listen: unix:@DIR@/reeve.sock"};
  s.start_and_wait();
  EXPECT_NE(s.reeve.log().find("unix:" + s.socket()), std::string::npos);
  for (const auto& url : {"unix:" + s.socket(), "unix://" + s.socket()}) {
    EXPECT_EQ(run_reeve({"healthcheck", "--url", url}).code, 0) << url;
    EXPECT_NE(run_reeve({"status", "--url", url}).out.find("running"), std::string::npos) << url;
    EXPECT_EQ(run_reeve({"explain", "a", "--url", url}).code, 0) << url;
    EXPECT_EQ(run_reeve({"pause", "a", "--url", url}).code, 0) << url;
    EXPECT_EQ(run_reeve({"resume", "a", "--url", url}).code, 0) << url;
  }
  std::string order = "resume";
  for (const std::string host : {"localhost", "reeve", "any.name.example"}) {
    order = order == "pause" ? "resume" : "pause";
    const auto said =
      run_command({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                   s.socket(), "-X", "POST", "http://" + host + "/api/v1/services/a/" + order});
    EXPECT_EQ(said.out, "202") << host;
  }
}

TEST(a_unix_socket, stands_beside_tcp_is_replaced_after_a_kill_and_goes_at_the_end) {
  own_server s{"listen: [\"127.0.0.1:@PORT@\", unix:@DIR@/reeve.sock]"};
  s.start_and_wait();
  EXPECT_EQ(s.reeve.get("/livez").status, 200);
  s.reeve.signal(SIGKILL);
  ASSERT_EQ(s.reeve.wait_exit(), 128 + SIGKILL);
  ASSERT_TRUE(std::filesystem::is_socket(s.socket()));
  s.start_and_wait();
  EXPECT_EQ(run_reeve({"healthcheck", "--url", "unix:" + s.socket()}).code, 0);
  s.reeve.signal(SIGTERM);
  ASSERT_EQ(s.reeve.wait_exit(), 0);
  EXPECT_FALSE(std::filesystem::exists(s.socket()));
}

TEST(a_unix_socket, in_use_is_one_line_and_exit_code_2) {
  own_server first{"listen: unix:@DIR@/reeve.sock"};
  first.start_and_wait();
  const auto second = first.ask({"run"});
  EXPECT_EQ(second.code, 2);
  EXPECT_EQ(second.err, "cannot listen on unix:" + first.socket()
                          + ": address already in use; another reeve? set server.listen\n");
  EXPECT_EQ(first.ask({"healthcheck"}).code, 0) << "the first one is still there";
}

TEST(orders, from_an_address_of_this_machine_need_no_token) {
  const auto address = run_command({"sh", "-c", "hostname -I | tr ' ' '\\n' | grep -m1 '\\.'"}).out;
  if (address.empty())
    GTEST_SKIP() << "this machine has no address but loopback";
  const auto host = address.substr(0, address.find('\n'));
  own_server s{"listen: \"" + host + ":@PORT@\""};
  s.start_and_wait();
  EXPECT_EQ(s.ask({"pause", "a"}).code, 0);
  EXPECT_EQ(s.ask({"resume", "a"}).code, 0);
}

TEST(orders, with_a_token_need_it_on_loopback_too) {
  own_server s{"listen: \"127.0.0.1:@PORT@\", token_file: @DIR@/token, orders: token"};
  s.start_and_wait();
  const auto url = "http://127.0.0.1:" + std::to_string(s.reeve.port());
  const auto token = (s.reeve.folder() / "token").string();
  const auto refused = run_reeve({"pause", "a", "--url", url});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("--token-file"), std::string::npos) << refused.err;
  EXPECT_EQ(run_reeve({"status", "--url", url}).code, 0) << "reading needs none";
  std::ofstream{s.reeve.folder() / "wrong"} << "guess\n";
  EXPECT_EQ(
    run_reeve({"pause", "a", "--url", url, "--token-file", s.reeve.folder() / "wrong"}).code, 1);
  EXPECT_EQ(run_reeve({"pause", "a", "--url", url, "--token-file", token}).code, 0);
  const auto program = reeve::tests::binary_dir() + "/reeve";
  EXPECT_EQ(
    run_command({"env", "REEVE_TOKEN_FILE=" + token, program, "resume", "a", "--url", url}).code,
    0);
  const auto wrong = (s.reeve.folder() / "wrong").string();
  EXPECT_EQ(s.ask({"pause", "a", "--url", url}).code, 1)
    << "the token of the config is for nobody else";
  EXPECT_EQ(s.ask({"pause", "a", "--token-file", wrong}).code, 1) << "what is given counts";
  EXPECT_EQ(run_command({"env", "REEVE_TOKEN_FILE=" + wrong, program, "pause", "a", "--url", url,
                         "--token-file", token})
              .code,
            0);
  EXPECT_EQ(s.ask({"resume", "a"}).code, 0) << "the config says where the token is";
  EXPECT_EQ(s.ask({"pause", "a"}).code, 0);
  EXPECT_EQ(s.reeve.post("/api/v1/services/a/resume").status, 401);
}

TEST(orders, with_none_are_refused_with_a_sentence) {
  own_server s{"listen: [\"127.0.0.1:@PORT@\", unix:@DIR@/reeve.sock], orders: none"};
  s.start_and_wait();
  for (const auto* order : {"restart", "stop", "start", "pause", "resume"}) {
    const auto refused = s.ask({order, "a"});
    EXPECT_EQ(refused.code, 1) << order;
    EXPECT_NE(refused.err.find("server.orders: none"), std::string::npos) << refused.err;
    EXPECT_EQ(run_reeve({order, "a", "--url", "unix:" + s.socket()}).code, 1) << order;
  }
}

TEST(exit_codes, of_commands_to_a_daemon_that_runs) {
  reeve_daemon reeve{"services:\n"
                     "  a: {process: {command: [sleep, \"86521.@A@\"]}}\n"
                     "  watched: {check: {exec: [\"true\"], interval: 1s}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("a", "health", "healthy"));
  ASSERT_TRUE(reeve.becomes("watched", "health", "healthy"));
  const auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  const auto code = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--url", url});
    return run_reeve(words).code;
  };
  EXPECT_EQ(code({"status"}), 0);
  EXPECT_EQ(code({"status", "--json"}), 0);
  EXPECT_EQ(code({"healthcheck"}), 0);
  EXPECT_EQ(code({"explain", "a"}), 0);
  EXPECT_EQ(code({"explain", "a", "--json"}), 0);
  EXPECT_EQ(code({"explain", "nobody"}), 1);
  EXPECT_EQ(code({"explain", "nobody", "--json"}), 1);
  for (const auto* order : {"restart", "stop", "start", "pause", "resume"}) {
    EXPECT_EQ(code({order, "nobody"}), 1) << order;
    if (order != std::string{"pause"} && order != std::string{"resume"}) {
      EXPECT_EQ(code({order, "watched"}), 1) << order << ": it has no target";
    }
  }
  EXPECT_EQ(code({"pause", "a"}), 0);
  EXPECT_EQ(code({"pause", "a"}), 1) << "it is paused already";
  EXPECT_EQ(code({"resume", "a"}), 0);
  EXPECT_EQ(code({"stop", "a"}), 0);
  ASSERT_TRUE(reeve.becomes("a", "supervision", "stopped"));
  EXPECT_EQ(code({"status"}), 0) << "what a person stopped is as it should be";
  EXPECT_EQ(code({"start", "a"}), 0);
}

TEST(foreign_text, does_not_reach_the_terminal) {
  reeve_daemon reeve{"services:\n"
                     "  a: {check: {exec: [sh, -c, \"printf '\\\\033[31mred\\\\007'; exit 1\"],\n"
                     "      interval: 1s, unhealthy_after: 1},\n"
                     "      restart: {exec: [\"true\"], backoff: {initial: 1h, max: 1h}}}\n"
                     "  b: {process: {command: [sh, -c, \"printf '\\\\033[32mgreen\\\\n'; exec "
                     "sleep 86522.@A@\"]}}\n"};
  reeve.start_and_wait();
  ASSERT_TRUE(reeve.becomes("a", "supervision", "waiting"));
  ASSERT_TRUE(eventually([&] { return reeve.log().find("green") != std::string::npos; }));
  const auto url = "http://127.0.0.1:" + std::to_string(reeve.port());
  const auto config = (reeve.folder() / "reeve.yaml").string();
  for (const auto& shown :
       {run_reeve({"status", "--url", url}).out, run_reeve({"explain", "a", "--url", url}).out,
        run_reeve({"check", "-c", config, "a"}).out, reeve.log()}) {
    EXPECT_EQ(shown.find('\x1b'), std::string::npos) << shown;
    EXPECT_EQ(shown.find('\a'), std::string::npos) << shown;
    EXPECT_NE(shown.find("\\x1b[31mred"), std::string::npos) << shown;
  }
  EXPECT_NE(reeve.log().find("b: \\x1b[32mgreen"), std::string::npos);
  for (const auto* page : {"/health", "/api/v1/services", "/metrics"})
    EXPECT_EQ(reeve.get(page).body.find('\x1b'), std::string::npos) << page;
}

} // namespace

} // namespace reeve::test
