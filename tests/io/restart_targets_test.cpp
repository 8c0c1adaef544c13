#include "io/processes/launch.hpp"
#include "io/restart_targets.hpp"
#include "tests/io/support/children_fixture.hpp"
#include "tests/io/support/scarce_descriptors.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <errno.h>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

std::vector<std::string> script(const std::string& text) {
  return {"/bin/sh", "-c", text};
}

struct restart_targets_test : children_fixture {
  std::optional<restart_targets> targets{std::in_place, home, *children, nullptr};
  test::temp_folder folder;

  static service_spec service(restart_target target) {
    service_spec s;
    s.name = "svc";
    s.restart.target = std::move(target);
    return s;
  }

  std::vector<std::string> note(const std::string& word) const {
    return script("echo " + word + " >> " + folder / "notes");
  }
  std::string notes() const {
    return test::content_of(folder / "notes");
  }

  operation_outcome outcome_of(operation what, const service_spec& s) {
    std::optional<operation_outcome> came;
    targets->carry_out(what, s, [&](operation_outcome r) { came = std::move(r); });
    EXPECT_FALSE(came.has_value()) << "completed before carry_out had returned";
    EXPECT_TRUE(run_until(home, [&] { return came.has_value(); }));
    return came.value_or(error{"no answer"});
  }

  /// "" when done, else the reason why not.
  std::string carry_out(operation what, const service_spec& s) {
    const auto r = outcome_of(what, s);
    return r ? std::string{} : r.sentence();
  }
};

} // namespace

TEST_F(restart_targets_test, blames_the_machine_for_what_it_has_nothing_left_to_start_with) {
  const auto of_process = service(process_spec{{"sleep", "1000"}, {}, {}});
  const auto of_commands = service(exec_target{.start = {"true"}, .stop = {}, .restart = {}});
  for (const auto& s : {of_process, of_commands}) {
    std::optional<operation_outcome> failed;
    {
      const test::scarce_descriptors few{0};
      failed = outcome_of(operation::start, s);
      EXPECT_NE(failed->sentence().find(few.reason()), std::string::npos) << failed->sentence();
    }
    EXPECT_FALSE(*failed);
    EXPECT_EQ(failed->whose, blame::machine);
    EXPECT_EQ(carry_out(operation::start, s), "");
  }
  const auto wrong = service(process_spec{{"no-such-command-here"}, {}, {}});
  EXPECT_EQ(outcome_of(operation::restart, wrong).whose, blame::service);
  const auto fails = service(exec_target{.start = {"false"}, .stop = {}, .restart = {}});
  EXPECT_EQ(outcome_of(operation::start, fails).whose, blame::service);
}

/// The launcher has what it needs, and what it begins has not.
TEST_F(restart_targets_test, blames_the_machine_for_a_user_with_too_many_processes) {
  EXPECT_EQ(who_kept_from_starting(EAGAIN), blame::machine);
  EXPECT_EQ(who_kept_from_starting(ENOMEM), blame::machine);
  EXPECT_EQ(who_kept_from_starting(ENFILE), blame::machine);
  EXPECT_EQ(who_kept_from_starting(EPERM), blame::service);
  EXPECT_EQ(who_kept_from_starting(ENOENT), blame::service);
}

TEST_F(restart_targets_test, starts_restarts_and_stops_a_process) {
  const auto s = service(process_spec{{"sleep", "1000"}, {}, {}});
  EXPECT_EQ(carry_out(operation::start, s), "");
  const int first = children->pid_of("svc").value();
  EXPECT_EQ(carry_out(operation::restart, s), "");
  const int second = children->pid_of("svc").value();
  EXPECT_NE(first, second);
  EXPECT_FALSE(alive(first));
  EXPECT_EQ(carry_out(operation::stop, s), "");
  EXPECT_FALSE(alive(second));
  EXPECT_EQ(exits["svc"].size(), 2U);
}

TEST_F(restart_targets_test, restarts_a_process_that_has_ended) {
  const auto s = service(process_spec{{"sleep", "1000"}, {}, {}});
  EXPECT_EQ(carry_out(operation::restart, s), "");
  EXPECT_TRUE(children->pid_of("svc"));
}

TEST_F(restart_targets_test, says_why_a_process_does_not_start) {
  const auto s = service(process_spec{{"no-such-command-here"}, {}, {}});
  EXPECT_EQ(carry_out(operation::restart, s), "there is no command 'no-such-command-here' in PATH");
}

TEST_F(restart_targets_test, needs_an_engine_for_a_container) {
  EXPECT_EQ(carry_out(operation::restart, service(docker_target{"web"})),
            "no Docker engine is configured");
}

TEST_F(restart_targets_test, passes_on_why_the_engine_could_not) {
  docker_engine engine{home, folder / "no.sock"};
  targets.emplace(home, *children, &engine);
  for (const auto what : {operation::start, operation::stop, operation::restart}) {
    const auto why = carry_out(what, service(docker_target{"web"}));
    EXPECT_NE(why.find("no.sock"), std::string::npos) << why;
  }
  targets.reset();
}

TEST_F(restart_targets_test, runs_the_command_for_each_operation) {
  const auto s = service(exec_target{note("start"), note("stop"), note("restart")});
  EXPECT_EQ(carry_out(operation::start, s), "");
  EXPECT_EQ(carry_out(operation::stop, s), "");
  EXPECT_EQ(carry_out(operation::restart, s), "");
  EXPECT_EQ(notes(), "start\nstop\nrestart\n");
}

TEST_F(restart_targets_test, starts_by_restart_and_stops_by_nothing_where_that_is_all_there_is) {
  const auto s = service(exec_target{{}, {}, note("restart")});
  EXPECT_EQ(carry_out(operation::stop, s), "");
  EXPECT_EQ(notes(), "");
  EXPECT_EQ(carry_out(operation::start, s), "");
  EXPECT_EQ(notes(), "restart\n");
}

TEST_F(restart_targets_test, restarts_by_stop_and_start) {
  const auto s = service(exec_target{note("start"), note("stop"), {}});
  EXPECT_EQ(carry_out(operation::restart, s), "");
  EXPECT_EQ(notes(), "stop\nstart\n");
}

TEST_F(restart_targets_test, starts_although_there_was_nothing_to_stop) {
  const auto s = service(exec_target{note("start"), script("exit 1"), {}});
  EXPECT_EQ(carry_out(operation::restart, s), "");
  EXPECT_EQ(notes(), "start\n");
  EXPECT_EQ(carry_out(operation::stop, s), "'/bin/sh -c exit 1' exited with code 1");
}

TEST_F(restart_targets_test, does_not_start_beside_what_a_failed_stop_may_have_left) {
  const auto s = service(exec_target{note("start"), script("kill -9 $$"), {}});
  EXPECT_EQ(carry_out(operation::restart, s),
            "'/bin/sh -c kill -9 $$' was killed by signal 9 (KILL)");
  EXPECT_EQ(notes(), "");
}

TEST_F(restart_targets_test, says_what_a_command_said_last) {
  const auto s = service(exec_target{{}, {}, script("echo well; echo no such unit >&2; exit 5")});
  EXPECT_EQ(carry_out(operation::restart, s), "'/bin/sh -c echo well; echo no such unit >&2; exit "
                                              "5' exited with code 5: no such unit");
}

TEST_F(restart_targets_test, says_that_a_command_cannot_be_run) {
  const auto why = carry_out(operation::restart, service(exec_target{{}, {}, {"/no/such"}}));
  EXPECT_EQ(why.find("'/no/such' could not be run: "), 0U) << why;
}

TEST_F(restart_targets_test, completes_with_an_error_what_is_under_way_at_the_end) {
  auto process = service(process_spec{{"sleep", "1000"}, {}, {}});
  auto command = service(exec_target{{}, {}, script("sleep 1000")});
  std::vector<std::string> came;
  const auto done = [&](status s) { came.push_back(s ? "" : s.sentence()); };
  targets->carry_out(operation::start, process, done);
  targets->carry_out(operation::restart, command, done);
  targets.reset();
  EXPECT_EQ(came, (std::vector<std::string>{"Reeve is ending", "Reeve is ending"}));
  children->kill_all();
  EXPECT_TRUE(run_until(home, [&] { return children->running() == 0; }));
  EXPECT_EQ(came.size(), 2U);
}

TEST_F(restart_targets_test, grants_a_command_more_than_the_stop_timeout) {
  auto s = service(exec_target{{}, {}, script("sleep 0.3; echo done >> " + folder / "notes")});
  s.restart.stop_timeout = milliseconds{1};
  EXPECT_EQ(carry_out(operation::restart, s), "");
  EXPECT_EQ(notes(), "done\n");
  targets.emplace(home, *children, nullptr, restart_targets::graces{milliseconds{50}, {}});
  auto slow = service(exec_target{{}, {}, {"sleep", "1000"}});
  slow.restart.stop_timeout = milliseconds{1};
  EXPECT_EQ(carry_out(operation::restart, slow), "'sleep 1000' did not end in time and was killed");
}

struct ending_restart_targets_test : restart_targets_test {
  std::vector<std::string> came;

  void begin(const std::vector<std::string>& command, milliseconds stop_timeout) {
    auto s = service(exec_target{{}, {}, command});
    s.restart.stop_timeout = stop_timeout;
    targets->carry_out(operation::restart, s,
                       [&](status r) { came.push_back(r ? "" : r.sentence()); });
  }
  bool notes_become(const std::string& text) {
    return run_until(home, [&] { return notes() == text; });
  }
  bool all_come(std::size_t n) {
    return run_until(home, [&] { return came.size() == n; });
  }
};

TEST_F(ending_restart_targets_test, lets_a_command_come_to_its_end) {
  begin(
    script("echo began >> " + folder / "notes" + "; sleep 0.3; echo ended >> " + folder / "notes"),
    milliseconds{60'000});
  ASSERT_TRUE(notes_become("began\n"));
  targets->close();
  ASSERT_TRUE(all_come(1));
  EXPECT_EQ(came, std::vector<std::string>{""});
  EXPECT_EQ(notes(), "began\nended\n");
}

TEST_F(ending_restart_targets_test, asks_one_that_takes_too_long_to_end) {
  const auto notes_file = folder / "notes";
  const auto trapping =
    script("trap 'echo cleaned >> " + notes_file + "; exit' TERM; echo began >> "
           + notes_file
           // A shell that was told just before it starts a command hears it after that.
           + "; while :; do sleep 0.1; done");
  begin(trapping, milliseconds{1});
  ASSERT_TRUE(notes_become("began\n"));
  targets->close();
  ASSERT_TRUE(all_come(1));
  EXPECT_NE(came[0].find("was ended with SIGTERM: Reeve is ending"), std::string::npos) << came[0];
  EXPECT_EQ(notes(), "began\ncleaned\n");
  begin({"sleep", "1000"}, milliseconds{1}); // by a plan that was under way
  ASSERT_TRUE(all_come(2));
}

TEST_F(ending_restart_targets_test, starts_nothing_after_a_stop_command_that_had_to_be_ended) {
  auto s = service(
    exec_target{note("start"),
                script("trap 'exit 0' TERM; echo stops >> " + folder / "notes" + "; sleep 1000"),
                {}});
  s.restart.stop_timeout = milliseconds{1};
  targets->carry_out(operation::restart, s,
                     [&](status r) { came.push_back(r ? "" : r.sentence()); });
  ASSERT_TRUE(notes_become("stops\n"));
  targets->close();
  ASSERT_TRUE(all_come(1));
  EXPECT_NE(came[0], "");
  EXPECT_EQ(notes(), "stops\n");
}

TEST_F(ending_restart_targets_test, kills_one_that_does_not_hear) {
  targets.emplace(home, *children, nullptr,
                  restart_targets::graces{milliseconds{30'000}, milliseconds{20}});
  begin(script("trap '' TERM; echo $$ > " + folder / "notes" + "; while :; do sleep 0.01; done"),
        milliseconds{1});
  ASSERT_TRUE(run_until(home, [&] { return !notes().empty(); }));
  targets->close();
  ASSERT_TRUE(all_come(1));
  EXPECT_NE(came[0].find("was ended with SIGKILL: Reeve is ending"), std::string::npos) << came[0];
  EXPECT_TRUE(run_until(home, [&] { return !alive(std::stoi(notes())); }));
}

TEST_F(ending_restart_targets_test, kills_all_at_once_when_it_is_told) {
  begin({"sleep", "1000"}, milliseconds{60'000});
  targets->close();
  EXPECT_TRUE(came.empty());
  targets->kill_all();
  EXPECT_EQ(came, std::vector<std::string>{"'sleep 1000' was ended with SIGKILL: Reeve is ending"});
}

} // namespace reeve::io
