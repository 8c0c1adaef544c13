#include "io/loop/descriptor.hpp"
#include "io/loop/file_limit.hpp"
#include "io/loop/loop.hpp"
#include "io/processes/command.hpp"
#include "io/processes/orphans.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/temp_folder.hpp"
#include "tests/io/support/until.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <filesystem>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = command_result::kind;

namespace {

struct a_command : testing::Test {
  loop l;
  temp_folder folder;

  void SetUp() override {
    // A loop that ended did not wait for what another test had it kill.
    while (waitpid(-1, nullptr, 0) > 0) {
    }
  }
  void TearDown() override {
    EXPECT_TRUE(run_until(l,
                          [] {
                            siginfo_t ended{};
                            return waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == -1;
                          }))
      << "a child is left";
  }

  /// Runs it to its end.
  command_result run(const std::vector<std::string>& argv,
                     std::chrono::milliseconds timeout = 20s) {
    std::optional<command_result> got;
    int calls = 0;
    command c{l, argv, timeout, [&](command_result r) {
                got = std::move(r);
                ++calls;
              }};
    EXPECT_EQ(calls, 0);
    EXPECT_TRUE(run_until(l, [&] { return got.has_value(); }));
    run_for(l, 5ms);
    EXPECT_EQ(calls, 1);
    return got.value_or(command_result{});
  }

  command_result shell(const std::string& script, std::chrono::milliseconds timeout = 20s) {
    return run({"/bin/sh", "-c", script}, timeout);
  }
};

} // namespace

TEST_F(a_command, tells_its_exit_code_and_its_output) {
  const auto r = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(r.what, kind::exited);
  EXPECT_EQ(r.code, 3);
  EXPECT_EQ(r.output, "out\nerr\n");
}

TEST_F(a_command, tells_all_of_its_output_also_if_its_end_is_heard_first) {
  const auto done = folder / "done";
  std::optional<command_result> got;
  command c{l,
            {"/bin/sh", "-c", "head -c 60000 /dev/zero; echo end; touch " + done},
            20s,
            [&](command_result r) { got = std::move(r); }};
  while (!std::filesystem::exists(done)) // and the loop hears of nothing
    usleep(1'000);
  usleep(20'000);
  ASSERT_TRUE(run_until(l, [&] { return got.has_value(); }));
  EXPECT_TRUE(got->output.ends_with("end\n")) << got->output.size();
}

TEST_F(a_command, is_looked_up_in_path_and_run_without_a_shell) {
  EXPECT_EQ(run({"echo", "$HOME;", "*"}).output, "$HOME; *\n");
}

TEST_F(a_command, tells_the_signal_that_ended_it) {
  const auto r = shell("kill -USR1 $$");
  EXPECT_EQ(r.what, kind::signalled);
  EXPECT_EQ(r.code, SIGUSR1);
}

TEST_F(a_command, keeps_the_last_4_kib_of_its_output) {
  const auto r = shell("i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done");
  EXPECT_EQ(r.what, kind::exited);
  EXPECT_EQ(r.output.size(), 4'096U);
  EXPECT_EQ(r.output.substr(r.output.size() - 6), "19999\n");
}

TEST_F(a_command, that_writes_without_end_can_be_timed_out) {
  const auto r = run({"yes"}, 50ms);
  EXPECT_EQ(r.what, kind::timed_out);
  EXPECT_LE(r.output.size(), 4'096U);
}

TEST_F(a_command, reads_nothing_from_standard_input) {
  EXPECT_EQ(shell("cat; echo end").output, "end\n");
}

TEST_F(a_command, that_does_not_exist_is_not_run) {
  EXPECT_EQ(run({"reeve-no-such-command"}).output,
            "cannot run 'reeve-no-such-command': not found in PATH");
  const auto r = run({"/no/such/file"});
  EXPECT_EQ(r.what, kind::not_run);
  EXPECT_EQ(r.output, "cannot run '/no/such/file': no such file");
}

TEST_F(a_command, that_is_not_executable_is_not_run) {
  const auto file = folder.file("data", "hello");
  const auto r = run({file});
  EXPECT_EQ(r.what, kind::not_run);
  EXPECT_EQ(r.output, "cannot run '" + file + "': not executable for this user");
}

TEST_F(a_command, whose_interpreter_is_missing_says_so) {
  const auto file = folder.file("script", "#!/no/such/shell\n");
  std::filesystem::permissions(file, std::filesystem::perms{0755});
  const auto r = run({file});
  EXPECT_EQ(r.what, kind::not_run);
  EXPECT_NE(r.output.find("interpreter"), std::string::npos) << r.output;
}

TEST_F(a_command, that_is_no_program_is_not_run) {
  const auto file = folder.file("script", "echo hello\n");
  std::filesystem::permissions(file, std::filesystem::perms{0755});
  const auto r = run({file});
  EXPECT_EQ(r.what, kind::not_run);
  EXPECT_EQ(r.output, "cannot run '" + file
                        + "': not a program (a script needs a first line like #!/bin/sh)");
}

TEST_F(a_command, is_looked_for_in_each_folder_of_path) {
  const auto path = std::string{getenv("PATH")};
  const auto tool = folder.file("reeve-test-tool", "#!/bin/sh\necho found $1\n");
  const auto run_in = [&](const std::string& folders) {
    setenv("PATH", folders.c_str(), 1);
    const auto r = run({"reeve-test-tool", "it"});
    setenv("PATH", path.c_str(), 1);
    return r.output;
  };
  EXPECT_EQ(run_in("/no/folder:" + folder.path() + ":" + path),
            "cannot run 'reeve-test-tool': not executable for this user");
  std::filesystem::permissions(tool, std::filesystem::perms{0755});
  EXPECT_EQ(run_in("/no/folder:" + folder.path() + ":" + path), "found it\n");
  EXPECT_EQ(run_in(tool + ":" + folder.path()), "found it\n");
  EXPECT_EQ(run_in(""), "cannot run 'reeve-test-tool': not found in PATH");
}

TEST_F(a_command, that_times_out_takes_its_grandchildren_with_it) {
  const auto r = shell("sleep 1000 & echo $!; wait", 300ms);
  EXPECT_EQ(r.what, kind::timed_out);
  const int grandchild = std::stoi(r.output);
  EXPECT_TRUE(run_until(l, [&] { return has_ended(grandchild); }));
}

TEST_F(a_command, is_told_to_have_ended_when_nothing_that_it_began_is_left) {
  for (const auto* leaves : {"sleep 1000 >/dev/null 2>&1 & echo $!", "sleep 1000 & echo $!",
                             "setsid sleep 1000 & echo $!",
                             "(setsid sh -c 'sleep 1000 & echo $!; exec sleep 1000' &); sleep 0.1",
                             "timeout 600 sh -c 'echo $$; exec sleep 1000' & sleep 0.1"}) {
    const auto r = shell(leaves);
    EXPECT_EQ(r.what, kind::exited);
    EXPECT_EQ(r.code, 0);
    EXPECT_GE(r.left, 1) << leaves;
    EXPECT_TRUE(has_ended(std::stoi(r.output))) << leaves;
  }
  EXPECT_EQ(shell("sleep 0.01 & wait").left, 0);
  const auto killed = shell("sleep 1000 & kill -USR1 $$");
  EXPECT_EQ(killed.what, kind::signalled);
  EXPECT_EQ(killed.left, 1);
}

TEST_F(a_command, whose_reeve_is_killed_is_asked_to_end_where_it_has_time_for_that) {
  const auto began = folder / "began";
  const auto told = folder / "told";
  const auto reeve = fork();
  if (reeve == 0) {
    loop mine;
    const command c{
      mine,
      {"/bin/sh", "-c",
       "trap 'touch " + told + "; exit' TERM; touch " + began + "; sleep 1000 & wait"},
      20s,
      [](const command_result&) {},
      10s};
    run_until(mine, [&] { return std::filesystem::exists(began); });
    _exit(0);
  }
  waitpid(reeve, nullptr, 0);
  EXPECT_TRUE(run_until(l, [&] { return std::filesystem::exists(told); }));
}

TEST_F(a_command, that_times_out_leaves_nothing_behind_timeout_or_setsid) {
  for (const auto* hangs : {"timeout 600 sh -c 'echo $$; exec sleep 1000'",
                            "setsid -w sh -c 'echo $$; exec sleep 1000'"}) {
    const auto r = shell(hangs, 300ms);
    EXPECT_EQ(r.what, kind::timed_out);
    const int hanging = std::stoi(r.output);
    EXPECT_TRUE(run_until(l, [&] { return has_ended(hanging); })) << hangs;
  }
}

TEST_F(a_command, that_suspends_its_launcher_can_be_timed_out) {
  const auto r = shell("echo $$; sleep 0.1; kill -STOP $PPID; exec sleep 1000", 1s);
  EXPECT_EQ(r.what, kind::timed_out);
  const int hanging = std::stoi(r.output);
  EXPECT_TRUE(run_until(l, [&] { return has_ended(hanging); }));
}

TEST_F(a_command, may_end_itself_when_it_is_asked_to) {
  std::optional<command_result> got;
  command c{l,
            {"/bin/sh", "-c",
             "trap 'echo cleaned; exit 7' TERM; echo ready > " + folder / "note"
               + "; while :; do sleep 0.01; done"},
            20s,
            [&](command_result r) { got = std::move(r); }};
  ASSERT_TRUE(run_until(l, [&] { return content_of(folder / "note") == "ready\n"; }));
  c.terminate();
  ASSERT_TRUE(run_until(l, [&] { return got.has_value(); }));
  EXPECT_EQ(got->what, kind::exited);
  EXPECT_EQ(got->code, 7);
  EXPECT_TRUE(got->output.ends_with("cleaned\n")) << got->output;
  c.terminate();
}

TEST_F(a_command, that_dumps_core_was_ended_by_a_signal) {
  const auto r =
    run({"/bin/sh", "-c", "cd " + folder.path() + "; ulimit -c unlimited; kill -SEGV $$"});
  EXPECT_EQ(r.what, kind::signalled);
  EXPECT_EQ(r.code, SIGSEGV);
}

TEST_F(a_command, whose_launcher_is_killed_takes_all_of_it_with_it) {
  reap_orphans(l);
  std::optional<command_result> got;
  const auto pids = folder / "pids";
  command c{l,
            {"/bin/sh", "-c",
             "echo $PPID; sleep 1000 & echo $!; setsid sleep 1000 & echo $! > " + pids + ".new; mv "
               + pids + ".new " + pids + "; wait"},
            20s,
            [&](command_result r) { got = std::move(r); }};
  ASSERT_TRUE(run_until(l, [&] { return content_of(pids).ends_with("\n"); }));
  const int grandchild = std::stoi(content_of(pids));
  kill(parent_of(parent_of(grandchild)), SIGKILL);
  ASSERT_TRUE(run_until(l, [&] { return got.has_value(); }));
  EXPECT_EQ(got->what, kind::not_run);
  EXPECT_EQ(got->output, "cannot tell how '/bin/sh' ended: its reeve-launcher was killed");
  EXPECT_TRUE(has_ended(grandchild));
}

TEST_F(a_command, that_is_destroyed_is_killed_and_told_cancelled_before_the_destructor_returns) {
  std::optional<command_result> got;
  const auto pid_file = folder / "pid";
  auto c = std::make_unique<command>(
    l, std::vector<std::string>{"/bin/sh", "-c", "echo $$ > " + pid_file + "; exec sleep 1000"},
    60s, [&](command_result r) { got = std::move(r); });
  ASSERT_TRUE(run_until(l, [&] { return content_of(pid_file).ends_with("\n"); }));
  const int pid = std::stoi(content_of(pid_file));
  EXPECT_FALSE(got);
  c.reset();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->what, kind::cancelled);
  EXPECT_TRUE(run_until(l, [&] { return process_state(pid) == '\0'; })) << "not reaped";
}

TEST_F(a_command, that_could_not_run_may_be_destroyed_before_it_said_so) {
  int calls = 0;
  {
    command c{l, {"/no/such/file"}, 1s, [&](command_result r) {
                ++calls;
                EXPECT_EQ(r.what, kind::cancelled);
              }};
  }
  run_for(l, 5ms);
  EXPECT_EQ(calls, 1);
}

TEST_F(a_command, may_be_destroyed_by_its_own_completion) {
  std::unique_ptr<command> c;
  bool called = false;
  c = std::make_unique<command>(l, std::vector<std::string>{"true"}, 20s, [&](command_result r) {
    called = true;
    EXPECT_EQ(r.what, kind::exited);
    c.reset();
  });
  EXPECT_TRUE(run_until(l, [&] { return called; }));
}

TEST_F(a_command, leaves_no_descriptor_behind) {
  run({"true"});
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    run({"true"});
    run({"/no/such/file"});
    run({"sleep", "1000"}, 5ms);
  }
  EXPECT_TRUE(run_until(l, [&] { return open_descriptors() == before; }));
}

TEST_F(a_command, gets_three_files_and_default_signals) {
  const descriptor leaking{open("/dev/null", O_RDONLY)}; // as a library might
  const auto before = signal(SIGPIPE, SIG_IGN);
  const auto r = shell("echo $(ls /proc/self/fd); kill -PIPE $$; echo SIGPIPE was ignored");
  signal(SIGPIPE, before);
  EXPECT_EQ(r.what, kind::signalled) << r.output;
  EXPECT_EQ(r.code, SIGPIPE);
  EXPECT_EQ(r.output, "0 1 2 3\n"); // the fourth is ls reading the folder
}

TEST_F(a_command, gets_the_file_limit_of_the_start_though_ours_was_raised) {
  rlimit at_start{};
  getrlimit(RLIMIT_NOFILE, &at_start);
  rlimit lower = at_start;
  lower.rlim_cur = 200;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lower), 0);
  raise_file_limit();
  rlimit raised{};
  getrlimit(RLIMIT_NOFILE, &raised);
  EXPECT_EQ(raised.rlim_cur, at_start.rlim_max);
  EXPECT_EQ(shell("ulimit -Sn").output, "200\n");
  getrlimit(RLIMIT_NOFILE, &raised);
  EXPECT_EQ(raised.rlim_cur, at_start.rlim_max);
  setrlimit(RLIMIT_NOFILE, &at_start);
}
