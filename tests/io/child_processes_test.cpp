#include "io/loop/file_limit.hpp"
#include "io/processes/child_processes.hpp"
#include "io/processes/known_children.hpp"
#include "io/processes/launch.hpp"
#include "tests/io/support/children_fixture.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using child_processes_test = children_fixture;
using strings = std::vector<std::string>;

} // namespace

TEST_F(child_processes_test, tells_the_exit_code) {
  const auto e = run("a", shell("exit 3"));
  EXPECT_EQ(e.code, 3);
  EXPECT_EQ(e.signal, 0);
  EXPECT_FALSE(e.ordered);
  EXPECT_FALSE(e.clean());
  EXPECT_EQ(to_string(e), "exited with code 3");
  EXPECT_TRUE(run("a", shell("exit 0")).clean());
}

TEST_F(child_processes_test, tells_the_signal_that_ended_it) {
  const auto e = run("a", shell("kill -SEGV $$"));
  EXPECT_EQ(e.signal, SIGSEGV);
  EXPECT_EQ(to_string(e), "was killed by signal 11 (SEGV)");
}

TEST_F(child_processes_test, notices_a_kill_from_outside) {
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  const int pid = children->pid_of("a").value();
  EXPECT_TRUE(alive(pid));
  kill(pid, SIGKILL);
  ASSERT_TRUE(run_until(home, [&] { return !exits["a"].empty(); }));
  EXPECT_EQ(exits["a"][0].signal, SIGKILL);
  EXPECT_FALSE(exits["a"][0].ordered);
  EXPECT_FALSE(children->pid_of("a"));
  EXPECT_EQ(children->last_exit("a").value().signal, SIGKILL);
  EXPECT_EQ(children->running(), 0U);
  children->forget("a");
  EXPECT_FALSE(children->last_exit("a"));
}

TEST_F(child_processes_test, gives_both_streams_line_by_line_before_the_exit) {
  strings at_exit;
  on_exit = [&](const std::string& name) { at_exit = lines[name]; };
  run("a", shell("echo one; echo two >&2; echo; printf 'no newline'"));
  EXPECT_EQ(at_exit, (strings{"one", "two", "", "no newline"}));
}

TEST_F(child_processes_test, gives_long_lines_in_pieces) {
  run("a", shell("head -c 20000 /dev/zero | tr '\\0' x; echo; "
                 "head -c 8192 /dev/zero | tr '\\0' y; echo; echo end"));
  strings expected{std::string(8192, 'x'), std::string(8192, 'x'), std::string(3616, 'x'),
                   std::string(8192, 'y'), "end"};
  EXPECT_EQ(lines["a"], expected);
}

TEST_F(child_processes_test, loses_nothing_of_much_output) {
  run("a", shell("seq 1 20000"));
  ASSERT_EQ(lines["a"].size(), 20'000U);
  EXPECT_EQ(lines["a"].front(), "1");
  EXPECT_EQ(lines["a"].back(), "20000");
}

TEST_F(child_processes_test, lets_others_live_beside_one_that_never_stops_writing) {
  ASSERT_EQ(start("noise", {{"yes"}, {}, {}}), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["noise"].size() > 10'000; }));
  lines["noise"].clear();
  EXPECT_TRUE(run("other", shell("echo hello")).clean());
  EXPECT_EQ(lines["other"], strings{"hello"});
  stop("noise", milliseconds{10'000});
  EXPECT_EQ(exits["noise"].size(), 1U);
}

TEST_F(child_processes_test, outlives_the_end_of_its_output) {
  ASSERT_EQ(start("quiet", shell("echo bye; exec >&- 2>&-; exec sleep 1000")), "");
  ASSERT_TRUE(says("quiet", "bye"));
  EXPECT_TRUE(run("other", shell("exit 0")).clean());
  EXPECT_TRUE(children->pid_of("quiet"));
}

TEST_F(child_processes_test, leaves_the_loop_alone_after_the_end_of_its_output) {
  ASSERT_EQ(start("quiet", shell("echo bye; exec >&- 2>&-; exec sleep 1000")), "");
  ASSERT_TRUE(says("quiet", "bye"));
  test::run_for(home, milliseconds{20});
  const auto before = home.turn();
  test::run_for(home, milliseconds{50});
  EXPECT_LT(home.turn() - before, 20U);
}

TEST_F(child_processes_test, tells_no_end_of_a_run_before_while_it_runs) {
  run("a", shell("exit 3"));
  ASSERT_TRUE(children->last_exit("a"));
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  EXPECT_FALSE(children->last_exit("a"));
}

TEST_F(child_processes_test, says_why_it_cannot_start) {
  test::temp_folder folder;
  const auto plain = folder.file("plain", "text");
  EXPECT_EQ(start("a", {{"no-such-command-here"}, {}, {}}),
            "there is no command 'no-such-command-here' in PATH");
  EXPECT_EQ(start("a", {{"./nothing"}, {}, {}}),
            "cannot run './nothing': No such file or directory");
  EXPECT_EQ(start("a", {{plain}, {}, {}}), "cannot run '" + plain + "': Permission denied");
  EXPECT_EQ(start("a", {{"true"}, "/no/such/folder", {}}),
            "cannot enter its cwd '/no/such/folder': No such file or directory");
  EXPECT_EQ(start("a", {{"true"}, {}, {}, SIGTERM, "no-such-user"}),
            "there is no user 'no-such-user' on this system");
  EXPECT_EQ(start("a", {}), "'a' has no command");
  EXPECT_TRUE(exits["a"].empty());
  EXPECT_FALSE(children->last_exit("a"));
  EXPECT_EQ(start("a", {{"true"}, {}, {}}), "");
}

TEST_F(child_processes_test, needs_nobody_to_listen) {
  child_processes unheard{home, launcher_path, {}};
  unheard.start("a", shell("echo hello; exit 3"), milliseconds{0}, [](status) {});
  ASSERT_TRUE(run_until(home, [&] { return unheard.last_exit("a").has_value(); }));
  EXPECT_EQ(unheard.last_exit("a")->code, 3);
}

TEST_F(child_processes_test, says_where_the_launcher_belongs) {
  child_processes lost{home, "/no/reeve-launcher", {}};
  std::string why;
  lost.start("a", shell("true"), milliseconds{0}, [&](status s) { why = s.sentence(); });
  ASSERT_TRUE(run_until(home, [&] { return !why.empty(); }));
  EXPECT_EQ(why, "cannot run /no/reeve-launcher: No such file or directory; reeve-launcher "
                 "belongs beside the reeve executable");
}

TEST_F(child_processes_test, says_which_limit_keeps_it_from_starting) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{3, before.rlim_max};
  std::string why;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  children->start("a", shell("true"), milliseconds{0}, [&](status s) { why = s.sentence(); });
  ASSERT_TRUE(run_until(home, [&] { return !why.empty(); }));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(why, "cannot open a pipe to a new process: Reeve is out of file descriptors: raise the "
                 "limit (ulimit -n), now 3");
  EXPECT_EQ(start_error_text(EAGAIN),
            "this user has too many processes: raise the limit (ulimit -u, TasksMax of a unit)");
}

TEST_F(child_processes_test, runs_it_in_its_cwd_with_its_environment) {
  test::temp_folder folder;
  chmod(folder.file("tool", "#!/bin/sh\npwd; echo \"$COLOUR $INHERITED\"\n").c_str(), 0755);
  setenv("INHERITED", "yes", 1);
  run("a", {{"./tool"}, folder.path(), {{"COLOUR", "green"}}});
  run("b", {{"tool"}, {}, {{"PATH", folder.path() + ":/bin"}, {"INHERITED", "changed"}}});
  unsetenv("INHERITED");
  EXPECT_EQ(lines["a"], (strings{folder.path(), "green yes"}));
  EXPECT_EQ(lines["b"].back(), " changed");
}

TEST_F(child_processes_test, runs_a_script_without_a_first_line_by_the_shell) {
  test::temp_folder folder;
  chmod(folder.file("tool", "echo $0 $1\n").c_str(), 0755);
  run("a", {{folder / "tool", "one"}, {}, {}});
  run("b", {{"tool", "two"}, {}, {{"PATH", folder.path() + ":/bin"}}});
  EXPECT_EQ(lines["a"], strings{folder / "tool" + " one"});
  EXPECT_EQ(lines["b"], strings{folder / "tool" + " two"});
}

TEST_F(child_processes_test, takes_arguments_and_variables_beyond_a_page) {
  const std::string large(100'000, 'v');
  run("a", {{"/bin/sh", "-c", "echo ${#1} ${#BIG}", "sh", large}, {}, {{"BIG", large}}});
  EXPECT_EQ(lines["a"], strings{"100000 100000"});
}

TEST_F(child_processes_test, gives_it_three_files_and_default_signals) {
  signal(SIGPIPE, SIG_IGN);
  run("a", shell("echo $(ls /proc/self/fd); readlink /proc/self/fd/0; "
                 "grep -E 'Sig(Ign|Blk)' /proc/self/status | cut -f 2"));
  signal(SIGPIPE, SIG_DFL);
  ASSERT_EQ(lines["a"].size(), 4U);
  EXPECT_EQ(lines["a"][0], "0 1 2 3"); // the fourth is ls reading the folder
  EXPECT_EQ(lines["a"][1], "/dev/null");
  EXPECT_EQ(lines["a"][2], "0000000000000000");
  // Signals 32 and 33 are the C library's own.
  EXPECT_EQ(std::stoull(lines["a"][3], nullptr, 16) & 0x7fffffff, 0U);
}

TEST_F(child_processes_test, gives_back_the_file_limit_from_before) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  if (before.rlim_max < 300) {
    GTEST_SKIP() << "the hard limit of open files leaves nothing to raise";
  }
  const rlimit low{256, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &low);
  raise_file_limit();
  run("a", shell("ulimit -n"));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(lines["a"], strings{"256"});
}

TEST_F(child_processes_test, stops_with_the_stop_signal) {
  auto spec = shell("trap 'echo got it; exit 7' INT; echo ready; while :; do sleep 0.01; done");
  spec.stop_signal = SIGINT;
  ASSERT_EQ(start("a", spec), "");
  ASSERT_TRUE(says("a", "ready"));
  stop("a", milliseconds{20'000});
  ASSERT_EQ(exits["a"].size(), 1U);
  EXPECT_EQ(exits["a"][0].code, 7);
  EXPECT_TRUE(exits["a"][0].ordered);
  EXPECT_EQ(lines["a"].back(), "got it");
}

TEST_F(child_processes_test, kills_what_ignores_the_stop_signal) {
  ASSERT_EQ(start("a", shell("trap '' TERM; echo ready; sleep 1000")), "");
  ASSERT_TRUE(says("a", "ready"));
  stop("a", milliseconds{50});
  EXPECT_EQ(exits["a"].at(0).signal, SIGKILL);
  EXPECT_TRUE(exits["a"].at(0).ordered);
  EXPECT_TRUE(exits["a"].at(0).too_slow);
}

TEST_F(child_processes_test, does_not_call_slow_what_it_stops_with_a_kill) {
  process_spec spec{{"sleep", "1000"}, {}, {}};
  spec.stop_signal = SIGKILL;
  ASSERT_EQ(start("a", spec), "");
  stop("a", milliseconds{20'000});
  EXPECT_EQ(exits["a"].at(0).signal, SIGKILL);
  EXPECT_FALSE(exits["a"].at(0).too_slow);
}

TEST_F(child_processes_test, stops_what_was_suspended) {
  // It handles the signal: the default would end it while it is suspended.
  ASSERT_EQ(start("a", shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done")), "");
  ASSERT_TRUE(says("a", "ready"));
  kill(children->pid_of("a").value(), SIGSTOP);
  stop("a", milliseconds{20'000});
  EXPECT_EQ(exits["a"].at(0).code, 7);
}

TEST_F(child_processes_test, completes_every_stop_at_the_earliest_limit) {
  ASSERT_EQ(start("a", shell("trap '' TERM; echo ready; sleep 1000")), "");
  ASSERT_TRUE(says("a", "ready"));
  int completed = 0;
  const auto count = [&](status s) { completed += s ? 1 : 0; };
  children->stop("a", std::chrono::hours{1}, count);
  children->stop("a", milliseconds{20}, count);
  children->stop("a", std::chrono::hours{1}, count);
  EXPECT_EQ(completed, 0);
  EXPECT_TRUE(run_until(home, [&] { return completed == 3; }));
  EXPECT_EQ(exits["a"].size(), 1U);
}

TEST_F(child_processes_test, takes_a_stop_of_what_does_not_run_as_done) {
  stop("never", milliseconds{10});
  EXPECT_TRUE(exits["never"].empty());
}

TEST_F(child_processes_test, can_be_stopped_before_it_runs) {
  bool started = false;
  bool stopped = false;
  children->start("a", {{"sleep", "1000"}, {}, {}}, milliseconds{0},
                  [&](status s) { started = bool{s}; });
  children->stop("a", milliseconds{20'000}, [&](status) { stopped = true; });
  EXPECT_TRUE(run_until(home, [&] { return stopped; }));
  EXPECT_TRUE(started);
  EXPECT_EQ(exits["a"].at(0).signal, SIGTERM);
}

TEST_F(child_processes_test, refuses_a_start_while_it_runs_or_is_being_stopped) {
  ASSERT_EQ(start("a", shell("trap '' TERM; echo ready; sleep 1000")), "");
  ASSERT_TRUE(says("a", "ready"));
  EXPECT_EQ(start("a", shell("true")), "'a' runs already");
  bool stopped = false;
  children->stop("a", milliseconds{300}, [&](status) { stopped = true; });
  EXPECT_EQ(start("a", shell("true")), "'a' is still being stopped");
  EXPECT_TRUE(run_until(home, [&] { return stopped; }));
}

TEST_F(child_processes_test, can_be_started_again_from_the_exit_hook) {
  int again = 0;
  on_exit = [&](const std::string& name) {
    if (++again < 5) {
      children->start(name, shell("exit 1"), milliseconds{0}, [](status s) { EXPECT_TRUE(s); });
    }
  };
  ASSERT_EQ(start("a", shell("exit 1")), "");
  EXPECT_TRUE(run_until(home, [&] { return again == 5; }));
}

TEST_F(child_processes_test, kills_all) {
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  ASSERT_EQ(start("b", shell("trap '' TERM; sleep 1000")), "");
  children->kill_all();
  EXPECT_TRUE(run_until(home, [&] { return children->running() == 0; }));
  EXPECT_EQ(exits["a"].at(0).signal, SIGKILL);
  EXPECT_TRUE(exits["b"].at(0).ordered);
  EXPECT_EQ(start("c", {{"sleep", "1000"}, {}, {}}), "'c' is not started: Reeve is stopping");
}

TEST_F(child_processes_test, leaves_no_file_and_no_zombie_behind) {
  run("warm up", shell("exit 0"));
  const auto before = test::open_descriptors();
  int ended = 0;
  on_exit = [&](const std::string& name) {
    if (++ended < 500) {
      children->start(name, {{"/bin/true"}, {}, {}}, milliseconds{0},
                      [](status s) { EXPECT_TRUE(s) << s.sentence(); });
    }
  };
  for (const auto* name : {"a", "b", "c", "d"}) {
    children->start(name, {{"/bin/true"}, {}, {}}, milliseconds{0},
                    [](status s) { EXPECT_TRUE(s) << s.sentence(); });
  }
  ASSERT_TRUE(run_until(home, [&] { return children->running() == 0; }));
  EXPECT_EQ(ended, 503);
  EXPECT_EQ(test::open_descriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

namespace {

/// Stands for a launcher that hangs: it reports nothing, and obeys no order.
std::string hanging_launcher(test::temp_folder& folder) {
  const auto file = folder.file("launcher", "#!/bin/sh\nexec sleep 1000\n");
  chmod(file.c_str(), 0700);
  return file;
}

process_spec with_start_timeout(process_spec spec, milliseconds timeout) {
  spec.start_timeout = timeout;
  return spec;
}

} // namespace

TEST_F(child_processes_test, gives_up_a_start_that_hangs) {
  test::temp_folder folder;
  children.emplace(home, hanging_launcher(folder), child_processes::hooks{});
  const auto why = start("a", with_start_timeout(shell("true"), milliseconds{50}));
  EXPECT_EQ(why.find("it did not start within 50 ms"), 0U) << why;
  EXPECT_EQ(children->why_not_started("a"), why);
  EXPECT_EQ(children->running(), 0U);
  children.emplace(home, launcher_path, child_processes::hooks{});
  EXPECT_EQ(start("a", with_start_timeout({{"sleep", "1000"}, {}, {}}, milliseconds{60'000})), "");
  EXPECT_TRUE(children->pid_of("a"));
}

TEST_F(child_processes_test, runs_on_when_the_time_for_its_start_is_over) {
  ASSERT_EQ(start("a", with_start_timeout({{"sleep", "1000"}, {}, {}}, milliseconds{1'000})), "");
  test::run_for(home, milliseconds{1'100});
  EXPECT_TRUE(children->pid_of("a"));
  EXPECT_TRUE(exits["a"].empty());
}

TEST_F(child_processes_test,
       has_its_time_to_start_anew_after_its_predecessor_and_none_while_it_waits) {
  test::temp_folder folder;
  const auto waits = [](const std::string& launcher) {
    return "printf '\\0\\0\\0\\0\\" + launcher + "\\0\\0\\0\\0\\0\\0\\0' >&"
           + std::to_string(launch::control_fd) + "\n";
  };
  const auto gate = folder / "gate";
  const auto launcher =
    folder.file("launcher", "#!/bin/sh\n" + waits("7") + "until [ -e " + gate
                              + " ]; do sleep 0.01; done\n" + waits("0") + "exec sleep 1000\n");
  chmod(launcher.c_str(), 0700);
  std::vector<bool> told;
  child_processes::hooks hooks;
  hooks.waits = [&](const std::string&, bool now) { told.push_back(now); };
  children.emplace(home, launcher, hooks);
  std::string why;
  children->start("a", with_start_timeout(shell("true"), milliseconds{1'000}), milliseconds{0},
                  [&](status s) { why = s.sentence(); });
  ASSERT_TRUE(run_until(home, [&] { return !told.empty(); }));
  test::run_for(home, milliseconds{1'100});
  EXPECT_EQ(why, "") << "while it waits";
  std::ofstream{gate};
  ASSERT_TRUE(run_until(home, [&] { return !why.empty(); }));
  EXPECT_EQ(why.find("it did not start within 1 s"), 0U) << why;
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

TEST_F(child_processes_test, starts_others_beside_a_start_that_hangs) {
  test::temp_folder folder;
  const auto gate = folder / "gate";
  const auto launcher = folder.file("launcher", "#!/bin/sh\ncase $0 in *hangs*) exec sleep 1000;; "
                                                "esac\nexec "
                                                  + launcher_path + "\n");
  chmod(launcher.c_str(), 0700);
  children.emplace(home, launcher, child_processes::hooks{});
  children->start("a", {{"sleep", "1000"}, {}, {}}, milliseconds{0}, [](status) {});
  EXPECT_EQ(start("b", {{"sleep", "1000"}, {}, {}}), "");
}

TEST_F(child_processes_test, stops_and_kills_what_does_not_run_yet) {
  test::temp_folder folder;
  children.emplace(home, hanging_launcher(folder), child_processes::hooks{});
  strings came;
  const auto note = [&](const std::string& what) {
    return [&came, what](status s) { came.push_back(what + (s ? "" : ": " + s.sentence())); };
  };
  children->start("first", shell("true"), milliseconds{0}, [](status) {});
  children->start("queued", shell("true"), milliseconds{0}, note("queued"));
  children->stop("queued", milliseconds{60'000}, note("stopped"));
  ASSERT_TRUE(run_until(home, [&] { return came.size() == 2; }));
  EXPECT_EQ(came, (strings{"queued: it was stopped before it ran", "stopped"}));
  came.clear();
  children->start("hangs", shell("true"), milliseconds{0}, note("hangs"));
  run_until(home, [] { return true; });
  children->stop("hangs", milliseconds{1}, note("stopped"));
  ASSERT_TRUE(run_until(home, [&] { return came.size() == 2; }));
  EXPECT_EQ(came, (strings{"hangs: it was stopped before it ran", "stopped"}));
  EXPECT_FALSE(children->why_not_started("hangs")) << "that was no failure";
  came.clear();
  children->start("hangs", shell("true"), milliseconds{0}, note("hangs"));
  children->kill_all();
  ASSERT_TRUE(run_until(home, [&] { return came.size() == 1; }));
  EXPECT_TRUE(run_until(home, [&] { return children->names().empty(); }));
}

TEST_F(child_processes_test, has_no_process_while_it_does_not_run_yet) {
  test::temp_folder folder;
  const auto launcher =
    folder.file("launcher", "#!/bin/sh\nexec cat <&" + std::to_string(launch::control_fd)
                              + " >/dev/null\n"); // until its owner is gone
  chmod(launcher.c_str(), 0700);
  children.emplace(home, launcher, child_processes::hooks{});
  std::string why;
  children->start("hangs", shell("true"), milliseconds{0}, [&](status s) { why = s.sentence(); });
  EXPECT_FALSE(children->pid_of("hangs"));
  children.reset();
  EXPECT_EQ(why, "Reeve is ending") << "and whoever waits for its start is told";
}

TEST_F(child_processes_test, does_not_start_what_waits_for_its_launch_when_all_is_killed) {
  strings came;
  for (const auto* name : {"first", "queued"})
    children->start(name, {{"sleep", "1000"}, {}, {}}, milliseconds{0}, [&, name](status s) {
      came.push_back(std::string{name} + ": " + (s ? "runs" : s.sentence()));
    });
  children->kill_all();
  ASSERT_TRUE(run_until(home, [&] { return children->names().empty(); }));
  EXPECT_NE(std::find(came.begin(), came.end(), "queued: it was stopped before it ran"),
            came.end());
  EXPECT_TRUE(exits["queued"].empty());
}

TEST_F(child_processes_test, tells_how_long_its_stops_may_still_take) {
  EXPECT_EQ(children->longest_stop(), milliseconds{0});
  for (const auto* name : {"a", "b", "c"})
    ASSERT_EQ(start(name, shell("trap '' TERM; echo ready; sleep 1000")), "");
  for (const auto* name : {"a", "b", "c"})
    ASSERT_TRUE(says(name, "ready"));
  EXPECT_EQ(children->longest_stop(), milliseconds{0});
  children->stop("a", std::chrono::minutes{1}, [](const status&) {});
  children->stop("b", std::chrono::hours{1}, [](const status&) {});
  children->stop("c", std::chrono::minutes{1}, [](const status&) {});
  EXPECT_GT(children->longest_stop(), std::chrono::minutes{59});
  EXPECT_LE(children->longest_stop(), std::chrono::hours{1});
}

TEST_F(child_processes_test, starts_nothing_once_it_is_closed) {
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  children->close();
  EXPECT_EQ(start("b", shell("true")), "'b' is not started: Reeve is stopping");
  EXPECT_EQ(children->names(), strings{"a"});
}

TEST_F(child_processes_test, remembers_why_the_newest_start_failed) {
  EXPECT_FALSE(children->why_not_started("a"));
  const auto why = start("a", {{"no-such-command-here"}, {}, {}});
  EXPECT_EQ(children->why_not_started("a"), why);
  const auto later = start("a", {{"true"}, {}, {}, SIGTERM, "no-such-user"});
  EXPECT_EQ(children->why_not_started("a"), later);
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  EXPECT_FALSE(children->why_not_started("a"));
  start("b", {{"no-such-command-here"}, {}, {}});
  children->forget("b");
  EXPECT_FALSE(children->why_not_started("b"));
}

TEST(a_turn, is_that_of_these_very_words) {
  EXPECT_EQ(turn_named({"reeve", "web"}), turn_named({"reeve", "web"}));
  EXPECT_NE(turn_named({"reeve", "web"}), turn_named({"reevew", "eb"}));
  EXPECT_NE(turn_named({"reeve", "web"}), turn_named({"web", "reeve"}));
}

} // namespace reeve::io
