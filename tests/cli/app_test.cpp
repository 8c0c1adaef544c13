#include "tests/cli/command.hpp"
#include "tests/support/places.hpp"

#include <regex>

// What a person gets who writes a command as other tools have it.

namespace reeve::cli {
namespace {

using arguments = std::vector<std::string>;

TEST(the_command_line, knows_help_and_version_in_the_ways_of_others) {
  for (const auto& way : {arguments{"help"}, {"--help"}, {"-h"}}) {
    const auto done = run_app(way);
    EXPECT_EQ(done.code, 0) << way[0];
    EXPECT_NE(done.out.find("validate"), std::string::npos) << way[0];
  }
  EXPECT_EQ(run_app({"help", "check"}).out, run_app({"check", "--help"}).out);
  for (const auto* way : {"version", "--version", "-V", "-v"})
    EXPECT_EQ(run_app({way}).out.rfind("reeve ", 0), 0U) << way;
}

TEST(the_command_line, says_how_a_file_is_given) {
  EXPECT_EQ(run_app({"validate", "foo.yaml"}).err,
            "'foo.yaml' is not expected here; a config file is given as -c foo.yaml; see reeve "
            "validate --help\n");
  EXPECT_EQ(run_app({"simulate", "s.yaml"}).err,
            "'s.yaml' is not expected here; a config file is given as -c s.yaml, a scenario as "
            "-s s.yaml; see reeve simulate --help\n");
  EXPECT_EQ(run_app({"-c", "foo.yaml", "validate"}).err,
            "options stand after the command: reeve COMMAND -c foo.yaml; see reeve --help\n");
  EXPECT_EQ(run_app({"status", "web"}).err,
            "'web' is not expected here; see reeve status --help\n");
  const test_folder folder;
  const auto file = folder.write("reeve.yaml", "services: {web: {check: tcp://127.0.0.1:1}}");
  EXPECT_EQ(run_app({"check", "-c", file, "other.yaml"}).err,
            "no service 'other.yaml'; a config file is given as -c other.yaml\n");
  EXPECT_EQ(run_app({"validate", "-c", "/nowhere.yaml", "-c", file}).out,
            file + ": good, 1 service\n")
    << "the last one counts";
}

TEST(the_command_line, does_not_take_what_it_does_not_know) {
  EXPECT_EQ(run_app({"vaildate"}).err, "no command 'vaildate'; did you mean 'validate'?\n");
  EXPECT_EQ(run_app({"frobnicate"}).err, "no command 'frobnicate'; see reeve --help\n");
  for (const auto& wrong :
       {arguments{}, {"vaildate"}, {"status", "web"}, {"explain"}, {"run", "-c"}})
    EXPECT_EQ(run_app(wrong).code, 2) << testing::PrintToString(wrong);
}

TEST(validate, looks_for_what_the_config_names_on_this_machine) {
  const test_folder folder;
  std::filesystem::create_directory(folder.path("work"));
  const auto file = folder.write(
    "reeve.yaml",
    "services:\n"
    "  good: {process: {command: [sh, -c, exit], cwd: "
      + folder.path("work")
      + "}}\n"
        "  program: {process: {command: [no-such-program]}}\n"
        "  folder: {process: {command: [./run], cwd: /no/such}}\n"
        "  inside: {process: {command: [./run], cwd: "
      + folder.path("work")
      + "}}\n"
        "  home: {process: {command: [~/run]}}\n"
        "  user: {process: {command: [sh], user: no-such-user}}\n"
        "  path: {process: {command: [sh], env: {PATH: /no/such}}}\n"
        "  check: {check: {exec: [no-such-check]}, restart: {exec: [no-such-restart]}}\n"
        "  tls: {check: {http: 'https://a/', tls: {ca_file: /no/such.pem}}}\n"
        "  redis: {check: {redis: 'redis://a', password_file: /no/password}}\n");
  const auto done = run_app({"validate", "-c", file});
  EXPECT_EQ(done.code, 0) << "it may be meant for another machine";
  EXPECT_TRUE(done.out.starts_with(file + ": good, 10 services, 10 warnings\n")) << done.out;
  const auto begin = "warning: " + file + ": services.";
  for (const auto& said :
       {std::string{"program.process.command: there is no command 'no-such-program' in PATH"},
        std::string{"folder.process.cwd: there is no folder '/no/such'"},
        "inside.process.command: there is no command '" + folder.path("work/run") + "'",
        "home.process.command: there is no command '" + std::filesystem::current_path().string()
          + "/~/run'; '~' is not expanded, write ${HOME}",
        std::string{"user.process.user: there is no user 'no-such-user' on this system"},
        std::string{"path.process.command: there is no command 'sh' in PATH"},
        std::string{"check.check.exec: there is no command 'no-such-check' in PATH"},
        std::string{"check.restart.exec: there is no command 'no-such-restart' in PATH"},
        std::string{"tls.check.tls.ca_file: there is no file '/no/such.pem'"},
        std::string{"redis.check.password_file: there is no file '/no/password'"}})
    EXPECT_NE(done.err.find(begin + said + "\n"), std::string::npos) << said << "\n" << done.err;
}

TEST(check, does_not_blame_a_process_that_nobody_runs) {
  const test_folder folder;
  // Port 1 answers nobody: neither a Reeve nor the service.
  const auto file =
    folder.write("reeve.yaml", "server: {listen: 127.0.0.1:1}\n"
                               "services:\n"
                               "  api: {process: {command: [sh]}, check: tcp://127.0.0.1:1}\n"
                               "  quiet: {process: {command: [sh]}}\n");
  const auto done = run_app({"check", "-c", file});
  EXPECT_EQ(done.code, 0) << done.out;
  EXPECT_NE(done.out.find("unknown"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("(no Reeve runs its process now; `reeve run` starts it)"),
            std::string::npos)
    << done.out;
}

TEST(check, says_what_keeps_a_process_from_being_started) {
  const test_folder folder;
  const auto file =
    folder.write("reeve.yaml", "server: {listen: 127.0.0.1:1}\n"
                               "services:\n"
                               "  api: {process: {command: [no-such]}, check: tcp://127.0.0.1:1}\n"
                               "  quiet: {process: {command: [sh], cwd: /no/such}}\n");
  const auto done = run_app({"check", "-c", file});
  EXPECT_EQ(done.code, 1) << done.out;
  EXPECT_NE(done.out.find("there is no command 'no-such' in PATH"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("there is no folder '/no/such'"), std::string::npos) << done.out;
}

TEST(simulate, needs_no_secrets) {
  const test_folder folder;
  const auto file = folder.write(
    "reeve.yaml", "services:\n"
                  "  backup: {check: {push: {token: '${NO_SUCH_TOKEN_A}', period: 1h}}}\n"
                  "  other: {check: {push: {token: '${NO_SUCH_TOKEN_B}', period: 1h}}}\n"
                  "  api: {check: tcp://a:1, restart: docker://api}\n");
  const auto scenario =
    folder.write("s.yaml", "duration: 1h\nfailures:\n  - {at: 1m, service: api, down_for: 1m}\n");
  EXPECT_EQ(run_app({"validate", "-c", file}).code, 2);
  const auto done = run_app({"simulate", "-c", file, "-s", scenario});
  EXPECT_EQ(done.code, 0) << done.err;
}

// Every command and option that --help knows has its place on the page of commands.
TEST(the_page_of_commands, leaves_nothing_out) {
  std::ifstream in{reeve::tests::source_dir() + "/docs/commands.md"};
  const std::string page{std::istreambuf_iterator<char>{in}, {}};
  const auto commands = run_app({"--help"}).out;
  const std::regex command{"\n  ([a-z]+) "}, option{"(--[a-z-]+)"};
  std::size_t seen = 0;
  for (std::sregex_iterator c{commands.begin(), commands.end(), command}, end; c != end; ++c) {
    const auto name = (*c)[1].str();
    EXPECT_NE(page.find("`" + name), std::string::npos) << name;
    const auto help = run_app({name, "--help"}).out;
    for (std::sregex_iterator o{help.begin(), help.end(), option}; o != end; ++o, ++seen)
      EXPECT_NE(page.find((*o)[1].str()), std::string::npos) << name << " " << (*o)[1];
  }
  EXPECT_GT(seen, 30U);
}

} // namespace
} // namespace reeve::cli
