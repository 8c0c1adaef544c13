#include "tests/cli/command.hpp"

namespace reeve::cli {
namespace {

class variable {
public:
  explicit variable(const std::string& value) {
    setenv("REEVE_CONFIG", value.c_str(), 1);
  }
  ~variable() {
    unsetenv("REEVE_CONFIG");
  }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;
};

const std::string nowhere =
  "cannot tell where Reeve listens: /nowhere/reeve.yaml: cannot be opened: "
  "No such file or directory; mend it, or give --url\n";

TEST(the_daemons_address, is_not_guessed_when_the_config_does_not_tell) {
  const std::vector<std::vector<std::string>> commands{
    {"status"}, {"explain", "a"}, {"restart", "a"}, {"stop", "a"}, {"resume", "a"}};
  for (auto command : commands) {
    command.insert(command.end(), {"-c", "/nowhere/reeve.yaml"});
    const auto done = run_app(command);
    EXPECT_EQ(done.code, 2) << command[0];
    EXPECT_EQ(done.err, nowhere) << command[0];
    EXPECT_EQ(done.out, "") << command[0];
  }
  const variable named{"/nowhere/reeve.yaml"};
  EXPECT_EQ(run_app({"status"}).err, nowhere);
}

TEST(the_daemons_address, given_on_the_command_line_needs_no_config) {
  const auto done = run_app({"status", "-c", "/nowhere/reeve.yaml", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.err.find("cannot tell"), std::string::npos) << done.err;
}

TEST(the_daemons_address, is_read_from_a_config_that_is_wrong_elsewhere) {
  const test_folder folder;
  const auto file = folder.write("reeve.yaml", "{server: {listen: \"127.0.0.1:1\"}, servces: {}}");
  for (const auto* command : {"status", "healthcheck"})
    EXPECT_NE(run_app({command, "-c", file}).err.find("no Reeve answers at http://127.0.0.1:1;"),
              std::string::npos)
      << command;
}

TEST(the_daemons_address, is_the_first_of_a_list_that_tells_one) {
  const test_folder folder;
  const auto asked = [&](const std::string& listen) {
    const auto file =
      folder.write("reeve.yaml", "{server: {listen: " + listen + "}, services: {}}");
    return run_app({"status", "-c", file}).err;
  };
  EXPECT_NE(asked("[unix:/nowhere/r.sock, \"127.0.0.1:1\"]").find("at unix:/nowhere/r.sock;"),
            std::string::npos);
  EXPECT_NE(asked("[\"127.0.0.1:0\", \"127.0.0.1:1\"]").find("at http://127.0.0.1:1;"),
            std::string::npos);
  for (const auto* everywhere : {"0.0.0.0:1", "[::]:1"})
    EXPECT_NE(asked("\"" + std::string{everywhere} + "\"").find("at http://127.0.0.1:1;"),
              std::string::npos)
      << everywhere;
  EXPECT_NE(asked("\"[::1]:1\"").find("at http://[::1]:1;"), std::string::npos);
}

TEST(the_daemons_address, is_no_path_that_no_socket_can_have) {
  const auto done = run_app({"status", "--url", "unix:/" + std::string(200, 'x')});
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find("longer than a socket's path can be"), std::string::npos) << done.err;
}

TEST(healthcheck, refuses_only_a_config_that_was_given_to_it) {
  const auto given = run_app({"healthcheck", "-c", "/nowhere/reeve.yaml"});
  EXPECT_EQ(given.code, 1);
  EXPECT_EQ(given.err, nowhere);
  const variable named{"/nowhere/reeve.yaml"};
  const auto found = run_app({"healthcheck"});
  EXPECT_EQ(found.err.rfind(nowhere, 0), 0U) << found.err;
  const bool asked = found.code == 0 || found.err.size() > nowhere.size();
  EXPECT_TRUE(asked) << "the default address is tried: " << found.err;
}

} // namespace
} // namespace reeve::cli
