#include "io/processes/known_children.hpp"
#include "io/processes/orphans.hpp"
#include "tests/io/support/children_fixture.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace reeve::io {

namespace {

/// As PID 1 is: whatever loses its parent comes to us.
struct orphans_test : children_fixture {
  void SetUp() override {
    // A loop that ended did not wait for what another test had it kill.
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    reap_orphans(home);
  }
  void TearDown() override {
    prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  static int spawn_shell(const char* script) {
    const int pid = fork();
    if (pid == 0) {
      execl("/bin/sh", "sh", "-c", script, nullptr);
      _exit(127);
    }
    return pid;
  }

  static bool no_children() {
    return waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
  }
};

} // namespace

TEST_F(orphans_test, are_reaped) {
  spawn_shell("sleep 0.01 & sleep 0.02 & exit 0");
  EXPECT_TRUE(run_until(home, no_children));
}

TEST_F(orphans_test, never_include_a_child_somebody_waits_for) {
  const int known = spawn_shell("exit 5");
  known_children::add(known);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(known), &ended, WEXITED | WNOWAIT), 0);
  const int unknown = spawn_shell("exit 0"); // hides behind the known one
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(unknown), &ended, WEXITED | WNOWAIT), 0);
  int turns = 0;
  ASSERT_TRUE(run_until(home, [&] { return ++turns == 5; }));

  int status = 0;
  EXPECT_EQ(waitpid(known, &status, WNOHANG), known);
  EXPECT_EQ(WEXITSTATUS(status), 5);
  known_children::remove(known);
  EXPECT_TRUE(run_until(home, no_children));
}

TEST_F(orphans_test, do_not_disturb_the_children_beside_them) {
  constexpr int rounds = 50;
  on_exit = [&](const std::string& name) {
    spawn_shell("(exit 3) & exit 4");
    if (exits[name].size() < rounds) {
      children->start(name, shell("exit 9"), std::chrono::milliseconds{0}, [](status) {});
    }
  };
  children->start("a", shell("exit 9"), std::chrono::milliseconds{0}, [](status) {});
  ASSERT_TRUE(run_until(home, [&] { return exits["a"].size() == rounds && no_children(); }));
  for (const auto& e : exits["a"]) {
    EXPECT_EQ(e.code, 9);
  }
}

} // namespace reeve::io
