#include "tests/io/support/children_fixture.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using launcher_test = children_fixture;

/// Says its own process id, that of a child in its group and that of one that left
/// for a session of its own.
const std::string family = "echo $$; sleep 1000 & echo $!; "
                           "setsid sh -c 'echo $$; exec sleep 1000' & ";

std::vector<int> numbers(const std::vector<std::string>& lines) {
  std::vector<int> all;
  for (const auto& line : lines) {
    all.push_back(std::stoi(line));
  }
  return all;
}

bool none_alive(const std::vector<int>& pids) {
  return std::none_of(pids.begin(), pids.end(), alive);
}

/// Another Reeve, which the test can kill: runs `spec` and passes its lines on.
struct other_reeve {
  int pid = 0;
  int output = -1;

  other_reeve(const process_spec& spec, milliseconds stop_timeout) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
      supervise(spec, stop_timeout, ends[1]);
      _exit(0);
    }
    close(ends[1]);
    output = ends[0];
  }
  ~other_reeve() {
    close(output);
  }

  /// Reads until it has said that many lines.
  std::vector<std::string> say(std::size_t count) const {
    std::vector<std::string> lines(1);
    for (char c = 0; lines.size() <= count && read(output, &c, 1) == 1;) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += c;
      }
    }
    lines.pop_back();
    return lines;
  }

  void die() const {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }

private:
  static void supervise(const process_spec& spec, milliseconds stop_timeout, int to) {
    loop l;
    child_processes children{l,
                             launcher_path,
                             {[](const std::string&, const process_exit&) {},
                              [to](const std::string&, std::string_view line) {
                                const auto text = std::string{line} + "\n";
                                EXPECT_GT(write(to, text.data(), text.size()), 0);
                              }}};
    children.start("service", spec, stop_timeout, [](status) {});
    l.run();
  }
};

} // namespace

TEST_F(launcher_test, ends_the_whole_family_with_a_stop_before_it_tells) {
  ASSERT_EQ(start("a", shell(family + "wait")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 3; }));
  const auto pids = numbers(lines["a"]);
  for (const int pid : pids) {
    EXPECT_TRUE(alive(pid));
  }
  bool gone = false;
  on_exit = [&](const std::string&) { gone = none_alive(pids); };
  stop("a", milliseconds{20'000});
  EXPECT_TRUE(gone);
}

TEST_F(launcher_test, ends_what_a_crash_left_behind_before_it_tells) {
  ASSERT_EQ(start("a", shell(family + "wait")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 3; }));
  const auto pids = numbers(lines["a"]);
  bool gone = false;
  on_exit = [&](const std::string&) { gone = none_alive(pids); };
  kill(pids[0], SIGSEGV);
  ASSERT_TRUE(run_until(home, [&] { return !exits["a"].empty(); }));
  EXPECT_EQ(exits["a"][0].signal, SIGSEGV);
  EXPECT_TRUE(gone);
}

TEST_F(launcher_test, kills_the_family_of_one_that_ignores_the_stop) {
  ASSERT_EQ(start("a", shell("trap '' TERM; " + family + "while :; do sleep 1000; done")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 3; }));
  stop("a", milliseconds{30});
  EXPECT_EQ(exits["a"].at(0).signal, SIGKILL);
  EXPECT_TRUE(none_alive(numbers(lines["a"])));
}

TEST_F(launcher_test, kills_one_that_went_to_another_group) {
  const std::string elsewhere = "$SIG{TERM} = 'IGNORE'; $| = 1; $child = fork;"
                                "if (!$child) { setpgrp(0, 0); sleep 1000; }"
                                "select(undef, undef, undef, 0.001) until setpgrp(0, $child);"
                                "print \"$$\\n$child\\n\"; sleep 1000;";
  ASSERT_EQ(start("a", {{"perl", "-e", elsewhere}, {}, {}}), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 2; }));
  stop("a", milliseconds{20});
  EXPECT_EQ(exits["a"].at(0).signal, SIGKILL);
  EXPECT_TRUE(none_alive(numbers(lines["a"])));
}

TEST_F(launcher_test, reaps_adopted_grandchildren_while_the_service_runs) {
  ASSERT_EQ(start("a", shell("(sh -c 'echo $$' &); echo ready; exec sleep 1000")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 2; }));
  const int grandchild = std::stoi(lines["a"][0] == "ready" ? lines["a"][1] : lines["a"][0]);
  EXPECT_TRUE(run_until(home, [&] { return kill(grandchild, 0) != 0; }));
  EXPECT_TRUE(children->pid_of("a"));
}

TEST_F(launcher_test, shows_whose_it_is_and_nothing_of_the_command) {
  ASSERT_EQ(start("backend", {{"sleep", "1000"}, {}, {}}), "");
  const auto launcher = std::to_string(parent_of(children->pid_of("backend").value()));
  std::string shown;
  std::getline(std::ifstream{"/proc/" + launcher + "/cmdline"}, shown, '\0');
  EXPECT_EQ(shown, "reeve-launcher backend");
  EXPECT_TRUE(std::ifstream{"/proc/" + launcher + "/environ"}.get() == EOF);
}

TEST_F(launcher_test, hears_no_signals_but_the_last) {
  ASSERT_EQ(start("a", {{"sleep", "1000"}, {}, {}}), "");
  const int launcher = parent_of(children->pid_of("a").value());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGPIPE}) {
    kill(launcher, signal);
  }
  stop("a", milliseconds{20'000});
  EXPECT_EQ(exits["a"].at(0).signal, SIGTERM);
}

TEST_F(launcher_test, takes_the_service_with_it_when_it_is_killed) {
  ASSERT_EQ(start("a", shell("sleep 1000 & echo $!; echo $$; wait")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 2; }));
  const auto pids = numbers(lines["a"]);
  const int launcher = parent_of(children->pid_of("a").value());
  kill(launcher, SIGKILL);
  ASSERT_TRUE(run_until(home, [&] { return !exits["a"].empty(); }));
  EXPECT_EQ(exits["a"][0].signal, SIGKILL);
  EXPECT_FALSE(exits["a"][0].ordered);
  EXPECT_TRUE(run_until(home, [&] { return none_alive(pids); }));
  EXPECT_EQ(waitpid(launcher, nullptr, WNOHANG), -1) << "nobody has waited for it";
}

TEST_F(launcher_test, takes_with_it_what_left_the_group_of_the_service) {
  prctl(PR_SET_CHILD_SUBREAPER, 1); // as Reeve is
  ASSERT_EQ(start("a", shell("setsid sh -c 'echo $$; exec sleep 1000' & wait")), "");
  const int left = number_from("a");
  kill(parent_of(children->pid_of("a").value()), SIGKILL);
  ASSERT_TRUE(run_until(home, [&] { return !exits["a"].empty(); }));
  EXPECT_FALSE(alive(left));
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(launcher_test, obeys_though_it_was_suspended) {
  ASSERT_EQ(start("a", shell(family + "wait")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 3; }));
  const auto pids = numbers(lines["a"]);
  kill(parent_of(pids[0]), SIGSTOP);
  stop("a", milliseconds{20'000});
  EXPECT_EQ(exits["a"].at(0).signal, SIGTERM);
  EXPECT_TRUE(none_alive(pids));
}

TEST_F(launcher_test, ends_with_its_owner) {
  ASSERT_EQ(start("a", shell("trap '' TERM; " + family + "wait")), "");
  ASSERT_TRUE(run_until(home, [&] { return lines["a"].size() == 3; }));
  const int launcher = parent_of(children->pid_of("a").value());
  bool told = false;
  children->stop("a", std::chrono::hours{1}, [&](status s) { told = !s; });
  children.reset();
  EXPECT_TRUE(told);
  EXPECT_TRUE(none_alive(numbers(lines["a"])));
  EXPECT_TRUE(exits["a"].empty());
  EXPECT_EQ(waitpid(launcher, nullptr, WNOHANG), -1) << "nobody has waited for it";
}

TEST(launcher_without_reeve, stops_the_service_by_its_signal_and_the_family_with_it) {
  test::temp_folder folder;
  auto spec = shell("trap 'seq 1 20000; echo stopped > note; exit' USR1; " + family
                    + "while :; do sleep 0.01; done");
  spec.cwd = folder.path();
  spec.stop_signal = SIGUSR1;
  other_reeve reeve{spec, std::chrono::seconds{20}};
  const auto pids = numbers(reeve.say(3));
  ASSERT_EQ(pids.size(), 3U);
  EXPECT_TRUE(alive(pids[0]));
  reeve.die();
  loop l;
  EXPECT_TRUE(run_until(l, [&] { return none_alive(pids); }));
  EXPECT_TRUE(std::filesystem::exists(folder / "note"));
}

TEST(launcher_without_reeve, stops_the_service_though_it_was_suspended) {
  other_reeve reeve{shell(family + "wait"), std::chrono::seconds{20}};
  const auto pids = numbers(reeve.say(3));
  ASSERT_EQ(pids.size(), 3U);
  const int launcher = parent_of(pids[0]);
  kill(launcher, SIGSTOP);
  reeve.die();
  loop l;
  EXPECT_TRUE(run_until(l, [&] { return none_alive(pids) && !alive(launcher); }));
}

TEST(launcher_without_reeve, is_not_needed_to_end_the_service) {
  other_reeve reeve{shell("echo $$; exec sleep 1000"), std::chrono::hours{1}};
  const auto pids = numbers(reeve.say(1));
  ASSERT_EQ(pids.size(), 1U);
  kill(reeve.pid, SIGSTOP); // it must not do it
  kill(parent_of(pids[0]), SIGKILL);
  loop l;
  EXPECT_TRUE(run_until(l, [&] { return none_alive(pids); }));
  reeve.die();
}

TEST(launcher_without_reeve, kills_a_service_that_ignores_its_signal) {
  other_reeve reeve{shell("trap '' TERM; " + family + "while :; do sleep 0.01; done"),
                    milliseconds{50}};
  const auto pids = numbers(reeve.say(3));
  ASSERT_EQ(pids.size(), 3U);
  const int launcher = parent_of(pids[0]);
  reeve.die();
  loop l;
  EXPECT_TRUE(run_until(l, [&] { return none_alive(pids) && !alive(launcher); }));
}

std::vector<gid_t> groups_of_ours() {
  std::vector<gid_t> groups(static_cast<std::size_t>(getgroups(0, nullptr)));
  getgroups(static_cast<int>(groups.size()), groups.data());
  return groups;
}

struct launcher_as_root : children_fixture {
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "only root can become another user";
    }
  }
};

TEST_F(launcher_as_root, becomes_the_user_it_is_told) {
  auto spec = shell("id -un; id -Gn; echo $USER $LOGNAME $HOME; id -ru");
  spec.user = "nobody";
  spec.env["HOME"] = "/chosen";
  const auto before = groups_of_ours();
  const gid_t of_root_alone = 4242;
  ASSERT_EQ(setgroups(1, &of_root_alone), 0);
  run("a", spec);
  setgroups(before.size(), before.data());
  ASSERT_EQ(lines["a"].size(), 4U);
  EXPECT_EQ(lines["a"][0], "nobody");
  EXPECT_EQ(lines["a"][1], "nogroup");
  EXPECT_EQ(lines["a"][2], "nobody nobody /chosen");
  EXPECT_NE(lines["a"][3], "0");
}

TEST_F(launcher_as_root, dies_with_its_launcher_as_another_user_too) {
  auto spec = shell("echo $$; exec sleep 1000");
  spec.user = "nobody";
  ASSERT_EQ(start("a", spec), "");
  const int pid = number_from("a");
  kill(parent_of(pid), SIGKILL);
  EXPECT_TRUE(run_until(home, [&] { return !exits["a"].empty() && !alive(pid); }));
}

TEST_F(launcher_as_root, enters_its_folder_as_the_user) {
  test::temp_folder folder;
  chmod(folder.path().c_str(), 0700);
  auto spec = shell("true");
  spec.user = "nobody";
  spec.cwd = folder.path();
  EXPECT_EQ(start("a", spec), "cannot enter its cwd '" + folder.path() + "': Permission denied");
}

} // namespace reeve::io
