#include "tests/cli/command.hpp"

// How each command ends that meets no daemon. Those of a running one are in e2e.

namespace reeve::cli {
namespace {

const std::vector<std::string> orders{"restart", "stop", "start", "pause", "resume"};

TEST(exit_code_of, commands_without_a_daemon_is_3_and_says_what_to_do) {
  std::vector<std::vector<std::string>> commands{
    {"status"}, {"status", "--json"}, {"explain", "a"}};
  for (const auto& order : orders)
    commands.push_back({order, "a"});
  for (const std::string url : {"http://127.0.0.1:1", "unix:/nowhere/reeve.sock"})
    for (auto command : commands) {
      command.insert(command.end(), {"--url", url});
      const auto done = run_app(command);
      EXPECT_EQ(done.code, 3) << command[0] << " " << url;
      EXPECT_EQ(done.err, "no Reeve answers at " + url + "; is it running? Else give --url\n");
      EXPECT_EQ(done.out, "") << command[0];
    }
}

TEST(exit_code_of, a_healthcheck_without_a_daemon_is_1) {
  for (const std::string url : {"http://127.0.0.1:1", "unix:/nowhere/reeve.sock"})
    EXPECT_EQ(run_app({"healthcheck", "--url", url}).code, 1) << url;
}

TEST(exit_code_of, orders_whose_token_cannot_be_read_is_2) {
  const test_folder folder;
  for (const auto& order : orders) {
    const auto done =
      run_app({order, "a", "--url", "http://127.0.0.1:1", "--token-file", folder.path("none")});
    EXPECT_EQ(done.code, 2) << order;
    EXPECT_EQ(done.err, "cannot read a token from '" + folder.path("none")
                          + "': No such file or directory\n");
  }
  const auto empty = folder.write("empty", "\nsecond line\n");
  const auto done = run_app({"stop", "a", "--url", "http://127.0.0.1:1", "--token-file", empty});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err, "there is no token in the first line of '" + empty + "'\n");
}

TEST(exit_code_of, orders_that_may_not_read_the_token_of_the_config_is_as_without_one) {
  const test_folder folder;
  const auto file = folder.write(
    "reeve.yaml", "{server: {listen: \"127.0.0.1:1\", token_file: /nowhere/token}, services: {}}");
  EXPECT_EQ(run_app({"stop", "a", "-c", file}).code, 3);
}

TEST(exit_code_of, commands_on_a_bad_config_is_2) {
  const test_folder folder;
  const auto bad = folder.write("reeve.yaml", "services: {a: {chek: tcp://a:1}}\n");
  const auto scenario = folder.write("scenario.yaml", "failures: [{at: 1s, service: a}]\n");
  const std::vector<std::vector<std::string>> commands{{"run"},
                                                       {"validate"},
                                                       {"check"},
                                                       {"simulate", "-s", scenario},
                                                       {"tune", "-s", scenario, "--service", "a"}};
  for (auto command : commands) {
    command.insert(command.end(), {"-c", bad});
    const auto done = run_app(command);
    EXPECT_EQ(done.code, 2) << command[0];
    EXPECT_NE(done.err.find("did you mean 'check'"), std::string::npos) << done.err;
  }
}

TEST(exit_code_of, simulations_of_what_is_wrong_is_2) {
  const test_folder folder;
  const auto good =
    folder.write("reeve.yaml", "services: {a: {process: {command: [sleep, '1']}}}\n");
  const auto scenario = folder.write("scenario.yaml", "failures: [{at: 1s, service: a}]\n");
  const auto stranger = folder.write("stranger.yaml", "failures: [{at: 1s, service: b}]\n");
  EXPECT_EQ(run_app({"validate", "-c", good}).code, 0);
  EXPECT_EQ(run_app({"simulate", "-c", good, "-s", scenario}).code, 0);
  EXPECT_EQ(run_app({"simulate", "-c", good, "-s", stranger}).code, 2);
  EXPECT_EQ(run_app({"simulate", "-c", good, "-s", folder.path("none")}).code, 2);
  EXPECT_EQ(run_app({"tune", "-c", good, "-s", scenario, "--service", "b"}).code, 2);
  EXPECT_EQ(run_app({"check", "-c", good, "b"}).code, 2);
  EXPECT_EQ(run_app({"check", "-c", good}).code, 0) << "it has no check";
}

TEST(exit_code_of, a_run_with_words_it_does_not_know_is_2) {
  const test_folder folder;
  const auto good = folder.write("reeve.yaml", "services: {a: {check: tcp://127.0.0.1:1}}\n");
  EXPECT_EQ(run_app({"check", "-c", good}).code, 1);
  EXPECT_EQ(run_app({"nonsense"}).code, 2);
  EXPECT_EQ(run_app({"status", "--nonsense"}).code, 2);
  EXPECT_EQ(run_app({"restart"}).code, 2);
  EXPECT_EQ(run_app({}).code, 2);
  for (const auto* shown : {"--help", "--version"})
    EXPECT_EQ(run_app({shown}).code, 0) << shown;
}

TEST(problems, of_a_file_that_holds_control_characters_are_printable) {
  const test_folder folder;
  const auto bad =
    folder.write("reeve.yaml", "services: {a: {\"b\\e[31m\": 1}}\n\"c\\e[31m\": 1\n");
  const auto done = run_app({"validate", "-c", bad});
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.err.find('\x1b'), std::string::npos) << done.err;
}

} // namespace
} // namespace reeve::cli
