#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/process_facts.hpp"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct an_exec_check : check_fixture {
  check_spec spec;

  check_outcome run(const std::vector<std::string>& argv) {
    spec.target = exec_check{argv};
    return check_fixture::run(spec);
  }
  check_outcome shell(const std::string& script) {
    return run({"/bin/sh", "-c", script});
  }
};

/// A child of ours that neither orders nor signals reach, as if it hung in the kernel.
class hung {
public:
  explicit hung(int pid) : pid_{pid} {
    EXPECT_EQ(ptrace(PTRACE_ATTACH, pid_, nullptr, nullptr), 0);
    EXPECT_EQ(waitpid(pid_, nullptr, __WALL), pid_);
  }
  void end() const {
    EXPECT_EQ(ptrace(PTRACE_DETACH, pid_, nullptr, nullptr), 0);
  }

private:
  int pid_;
};

} // namespace

TEST_F(an_exec_check, is_answered_by_exit_code_0) {
  const auto o = shell("echo fine");
  EXPECT_EQ(o.what, kind::answered);
  EXPECT_EQ(judge({}, o), check_verdict{});
}

TEST_F(an_exec_check, fails_by_another_code_and_repeats_the_last_line_of_output) {
  const auto o = shell("echo starting; echo 'disk is full' >&2; exit 3");
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "exited with code 3: disk is full");
  EXPECT_EQ(shell("exit 1").reason, "exited with code 1");
}

TEST_F(an_exec_check, fails_by_a_signal) {
  const auto o = shell("kill -KILL $$");
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "was killed by signal 9");
}

TEST_F(an_exec_check, that_does_not_end_in_time_fails) {
  spec.timeout = 200ms;
  const auto o = shell("echo waiting; sleep 1000");
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "did not end within 200 ms: waiting");
}

TEST_F(an_exec_check, that_cannot_be_run_says_nothing_about_the_service) {
  const auto o = run({"/no/such/check"});
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(judge({}, o),
            (check_verdict{check_result::unknown, "cannot run '/no/such/check': no such file"}));
}

TEST_F(an_exec_check, has_its_output_judged_like_a_body) {
  spec.expect.fields.push_back({"lag", parse_comparison("< 10")});
  EXPECT_EQ(judge(spec.expect, shell("echo '{\"lag\": 7}'")).result, check_result::ok);
  EXPECT_EQ(judge(spec.expect, shell("echo '{\"lag\": 70}'")).result, check_result::failed);
}

TEST_F(an_exec_check, that_is_destroyed_is_cancelled_and_its_command_killed) {
  const auto pid_file = folder / "pid";
  spec.target = exec_check{{"/bin/sh", "-c", "echo $$ > " + pid_file + "; exec sleep 1000"}};
  spec.timeout = 60s;
  cancel(spec,
         [&] { ASSERT_TRUE(run_until(l, [&] { return content_of(pid_file).ends_with("\n"); })); });
  const int pid = std::stoi(content_of(pid_file));
  EXPECT_TRUE(run_until(l, [&] { return has_ended(pid); }));
}

TEST_F(an_exec_check, can_be_run_again_by_its_own_completion_and_then_destroyed) {
  spec.target = exec_check{{"true"}};
  auto c = engine.make(spec);
  int runs = 0;
  std::function<void(check_outcome)> again = [&](check_outcome o) {
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    if (++runs < 5)
      c->run(again);
    else
      c.reset();
  };
  c->run(again);
  EXPECT_TRUE(run_until(l, [&] { return !c; }));
}

TEST_F(an_exec_check, runs_no_second_time_beside_what_cannot_be_killed) {
  const auto note = folder / "note";
  spec.target =
    exec_check{{"/bin/sh", "-c", "sleep 0.2; echo $PPID >> " + note + "; exec sleep 1000"}};
  spec.timeout = 1s;
  const auto c = engine.make(spec);
  std::optional<check_outcome> first;
  c->run([&](check_outcome o) { first = std::move(o); });
  ASSERT_TRUE(run_until(l, [&] { return content_of(note).ends_with("\n"); }));
  const int launcher = std::stoi(content_of(note));
  const hung who_should_kill_it{launcher};
  ASSERT_TRUE(run_until(l, [&] { return first.has_value(); }));
  EXPECT_EQ(first->reason, "did not end within 1 s");
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "its last run was killed and does not end for longer than 1 s: a file "
                      "system may hang");
  who_should_kill_it.end();
  EXPECT_EQ(run_check(l, *c).reason, "did not end within 1 s") << "it runs again";
  const auto lines = content_of(note);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
}

TEST_F(an_exec_check, that_cannot_be_killed_is_cancelled_at_once_when_it_is_destroyed) {
  const auto note = folder / "note";
  spec.target =
    exec_check{{"/bin/sh", "-c", "sleep 0.1; echo $PPID > " + note + "; exec sleep 1000"}};
  spec.timeout = 1s;
  const auto c = engine.make(spec);
  std::optional<check_outcome> first;
  c->run([&](check_outcome o) { first = std::move(o); });
  ASSERT_TRUE(run_until(l, [&] { return content_of(note).ends_with("\n"); }));
  const int launcher = std::stoi(content_of(note));
  const hung who_should_kill_it{launcher};
  ASSERT_TRUE(run_until(l, [&] { return first.has_value(); }));
  cancel(spec);
  who_should_kill_it.end();
  EXPECT_TRUE(run_until(l, [&] { return process_state(launcher) == '\0'; })) << "not reaped";
}
