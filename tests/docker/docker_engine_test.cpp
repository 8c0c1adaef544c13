#include "tests/docker/engine_fixture.hpp"
#include "tests/docker/engine_proxy.hpp"
#include "tests/support/kill_process.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace reeve::io::test {

namespace {

using namespace std::chrono_literals;
using testing::Test;

const std::string falls_with_3 = "while ! test -e /tmp/fall; do sleep 0.05; done; exit 3";

class docker_engine_test : public docker_test {
protected:
  bool never(const std::shared_ptr<facts>& told, fact what) {
    auto found = kinds(told);
    return std::find(found.begin(), found.end(), what) == found.end();
  }
};

TEST_F(docker_engine_test, docker_kill_is_a_failure) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
  EXPECT_EQ(told->back().reason, "exited with code 137 (docker kill)");
  EXPECT_FALSE(told->back().engine_restarts);
  EXPECT_EQ(kinds(told), (std::vector{fact::running, fact::failed}));
}

TEST_F(docker_engine_test, a_process_killed_from_outside_is_a_failure) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  reeve::test::kill_process(host().pid_of(box), SIGKILL);
  ASSERT_TRUE(until_told(told, fact::failed));
  EXPECT_EQ(told->back().reason, "exited with code 137");
}

TEST_F(docker_engine_test, exit_code_0_is_an_end_and_any_other_a_failure) {
  connect();
  auto clean = run("while ! test -e /tmp/fall; do sleep 0.05; done");
  auto dirty = run(falls_with_3);
  auto clean_told = watch_until(clean, fact::running);
  auto dirty_told = watch_until(dirty, fact::running);
  host().docker({"exec", clean, "touch", "/tmp/fall"});
  host().docker({"exec", dirty, "touch", "/tmp/fall"});
  ASSERT_TRUE(until_told(clean_told, fact::ended));
  ASSERT_TRUE(until_told(dirty_told, fact::failed));
  EXPECT_EQ(dirty_told->back().reason, "exited with code 3");
}

TEST_F(docker_engine_test, a_container_out_of_memory_says_so) {
  connect();
  auto box = run("while ! test -e /tmp/fall; do sleep 0.05; done; x=x; while :; do x=$x$x; done",
                 {"--memory", "16m", "--memory-swap", "16m"});
  auto told = watch_until(box, fact::running);
  host().docker({"exec", box, "touch", "/tmp/fall"});
  ASSERT_TRUE(until_told(told, fact::failed));
  EXPECT_EQ(told->back().reason, "exited with code 137 (out of memory)");
}

TEST_F(docker_engine_test, a_person_may_stop_and_start_it) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  host().docker({"stop", box});
  ASSERT_TRUE(until_told(told, fact::stopped));
  host().docker({"start", box});
  ASSERT_TRUE(until_told(told, fact::running));
  EXPECT_EQ(kinds(told), (std::vector{fact::running, fact::stopped, fact::running}));
}

TEST_F(docker_engine_test, a_stop_that_ends_in_a_kill_is_a_stop) {
  connect();
  auto box = run("trap '' TERM; while :; do sleep 0.05; done");
  auto told = watch_until(box, fact::running);
  host().docker({"stop", "-t", "1", box});
  ASSERT_TRUE(until_told(told, fact::stopped));
  EXPECT_TRUE(never(told, fact::failed));
}

TEST_F(docker_engine_test, its_own_stop_signal_is_a_stop_too) {
  connect();
  auto box = run("trap 'exit 9' USR1; while :; do sleep 0.05; done", {"--stop-signal", "SIGUSR1"});
  auto told = watch_until(box, fact::running);
  host().docker({"stop", box});
  ASSERT_TRUE(until_told(told, fact::stopped));
  EXPECT_TRUE(never(told, fact::failed));
}

TEST_F(docker_engine_test, a_person_may_restart_it) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  auto before = inspect(box).started_at;
  host().docker({"restart", box});
  ASSERT_TRUE(until([&] { return told->size() >= 2 && told->back().what == fact::running; }));
  EXPECT_TRUE(never(told, fact::failed));
  EXPECT_GT(inspect(box).started_at, before);
}

TEST_F(docker_engine_test, healthcheck_results_are_told) {
  connect();
  auto box =
    run(reeve::test::docker_host::patient,
        {"--health-cmd", "cat /tmp/ok", "--health-interval", "100ms", "--health-retries", "1"});
  auto told = watch(box);
  auto health = [&] { return told->empty() ? "" : told->back().health; };
  ASSERT_TRUE(until([&] { return health() == "unhealthy"; }));
  EXPECT_EQ(told->back().what, fact::running);
  EXPECT_EQ(told->back().reason,
            "its HEALTHCHECK fails: cat: can't open '/tmp/ok': No such file or directory");
  host().docker({"exec", box, "touch", "/tmp/ok"});
  ASSERT_TRUE(until([&] { return health() == "healthy"; }));
  EXPECT_EQ(told->back().reason, "");
  host().docker({"exec", box, "rm", "/tmp/ok"});
  ASSERT_TRUE(until([&] { return health() == "unhealthy"; }));
}

TEST_F(docker_engine_test, what_an_engine_that_ends_stops_nobody_stopped) {
  connect();
  auto victim = run();
  auto at_rest = run();
  auto comes_back = run(reeve::test::docker_host::patient, {"--restart", "always"});
  host().docker({"stop", at_rest});
  engine->remember_stopped(at_rest);
  auto victim_told = watch_until(victim, fact::running);
  auto at_rest_told = watch_until(at_rest, fact::stopped);
  auto comes_back_told = watch_until(comes_back, fact::running);

  host().stop();
  ASSERT_TRUE(until_told(victim_told, fact::unreachable));
  EXPECT_NE(victim_told->back().reason.find(host().socket()), std::string::npos)
    << victim_told->back().reason;
  EXPECT_FALSE(engine->reachable());
  EXPECT_TRUE(never(victim_told, fact::failed));

  host().start();
  ASSERT_TRUE(until_told(victim_told, fact::failed));
  EXPECT_NE(victim_told->back().reason.find("was stopped with Docker itself"), std::string::npos)
    << victim_told->back().reason;
  ASSERT_TRUE(until_told(at_rest_told, fact::stopped));
  ASSERT_TRUE(until_told(comes_back_told, fact::running));
  EXPECT_TRUE(victim_told->back().with_engine);
  EXPECT_TRUE(never(victim_told, fact::stopped));
  EXPECT_TRUE(never(at_rest_told, fact::failed));
  EXPECT_TRUE(never(comes_back_told, fact::failed));
  auto unreachable = kinds(victim_told);
  EXPECT_EQ(std::count(unreachable.begin(), unreachable.end(), fact::unreachable), 1);
}

TEST_F(docker_engine_test, a_stop_just_before_the_engine_ends_is_a_persons) {
  connect();
  auto rested = run();
  auto told = watch_until(rested, fact::running);
  host().docker({"stop", rested});
  ASSERT_TRUE(until_told(told, fact::stopped));
  host().stop();
  ASSERT_TRUE(until_told(told, fact::unreachable));
  host().start();
  ASSERT_TRUE(until_told(told, fact::stopped));
  EXPECT_TRUE(never(told, fact::failed));
}

TEST_F(docker_engine_test, what_a_crashed_engine_ends_as_it_begins_again_nobody_stopped) {
  connect();
  auto victim = run();
  auto stubborn = run("trap '' TERM; while :; do sleep 0.05; done", {"--stop-timeout", "1"});
  auto rested = run();
  auto victim_told = watch_until(victim, fact::running);
  auto stubborn_told = watch_until(stubborn, fact::running);
  auto rested_told = watch_until(rested, fact::running);
  host().docker({"stop", rested});
  ASSERT_TRUE(until_told(rested_told, fact::stopped));
  host().crash();
  ASSERT_TRUE(until_told(victim_told, fact::unreachable));
  host().start();
  for (const auto& told : {victim_told, stubborn_told}) {
    ASSERT_TRUE(until_told(told, fact::failed));
    EXPECT_TRUE(told->back().with_engine);
    EXPECT_TRUE(never(told, fact::stopped));
  }
  ASSERT_TRUE(until_told(rested_told, fact::stopped));
  EXPECT_TRUE(never(rested_told, fact::failed));
}

TEST_F(docker_engine_test, an_engine_that_takes_its_time_to_end_is_gone_as_soon_as_it_begins_to) {
  connect();
  auto victim = run();
  auto stubborn = run("trap '' TERM; while :; do sleep 0.05; done", {"--stop-timeout", "3"});
  auto told = watch_until(victim, fact::running);
  auto stubborn_told = watch_until(stubborn, fact::running);
  host().begin_stop();
  ASSERT_TRUE(until_told(told, fact::unreachable));
  EXPECT_TRUE(host().is_ending()) << "it waits for the other";
  host().stop();
  host().start();
  for (const auto& facts : {told, stubborn_told}) {
    ASSERT_TRUE(until_told(facts, fact::failed));
    EXPECT_TRUE(facts->back().with_engine);
    EXPECT_TRUE(never(facts, fact::stopped));
  }
}

TEST_F(docker_engine_test, an_engine_with_live_restore_ends_nothing) {
  host().stop();
  host().start({"--live-restore"});
  connect();
  auto lives = run();
  auto rested = run();
  auto lives_told = watch_until(lives, fact::running);
  auto rested_told = watch_until(rested, fact::running);
  host().docker({"stop", rested});
  ASSERT_TRUE(until_told(rested_told, fact::stopped));
  host().crash();
  ASSERT_TRUE(until_told(lives_told, fact::unreachable));
  host().start({"--live-restore"});
  ASSERT_TRUE(until_told(lives_told, fact::running));
  ASSERT_TRUE(until_told(rested_told, fact::stopped));
  EXPECT_TRUE(never(lives_told, fact::failed));
  EXPECT_TRUE(never(rested_told, fact::failed));
  host().docker({"stop", lives});
  ASSERT_TRUE(until_told(lives_told, fact::stopped));
  host().stop();
  host().start();
}

TEST_F(docker_engine_test, a_stop_while_the_events_are_lost_is_a_persons) {
  auto socket = host().folder() + "/proxy.sock";
  engine_proxy proxy{socket, host().socket()};
  connect(socket);
  auto box = run();
  auto told = watch_until(box, fact::running);
  proxy.cut_all = true;
  ASSERT_TRUE(until_told(told, fact::unreachable));
  host().docker({"stop", box});
  proxy.cut_all = false;
  ASSERT_TRUE(until_told(told, fact::stopped));
  EXPECT_TRUE(never(told, fact::failed));
  engine.reset();
}

TEST_F(docker_engine_test, what_happens_during_a_look_is_looked_at_again) {
  auto socket = host().folder() + "/proxy.sock";
  engine_proxy proxy{socket, host().socket()};
  connect(socket);
  auto box = run();
  auto told = watch_until(box, fact::running);
  const int before = proxy.looks;
  proxy.hold_looks = true;
  host().docker({"pause", box});
  ASSERT_TRUE(until([&] { return proxy.looks > before; }));
  run_for(on, 50ms); // the engine has answered, and that is held back
  host().docker({"unpause", box});
  host().docker({"kill", box});
  run_for(on, 200ms); // the events are here
  proxy.hold_looks = false;
  ASSERT_TRUE(until_told(told, fact::failed));
  EXPECT_TRUE(never(told, fact::paused)) << "that answer was old";
  engine.reset();
}

TEST_F(docker_engine_test, a_pause_by_a_person_is_told_and_its_healthcheck_does_not_count) {
  connect();
  auto box = run(reeve::test::docker_host::patient,
                 {"--health-cmd", "true", "--health-interval", "200ms", "--health-retries", "2"});
  auto told = watch(box);
  auto is_healthy = [&] { return !told->empty() && told->back().health == "healthy"; };
  ASSERT_TRUE(until(is_healthy));
  host().docker({"pause", box});
  ASSERT_TRUE(until_told(told, fact::paused));
  EXPECT_EQ(told->back().reason, "paused by a person, in Docker");
  auto refused = wait([&](auto done) { engine->restart(box, 2s, std::move(done)); });
  EXPECT_EQ(refused.sentence(), "container '" + box + "' is paused: unpause it");
  host().docker({"unpause", box});
  ASSERT_TRUE(until(is_healthy));
  for (const auto& f : *told)
    EXPECT_NE(f.health, "unhealthy");
}

TEST_F(docker_engine_test, a_paused_container_may_be_unpaused_unseen_restarted_and_removed) {
  auto socket = host().folder() + "/proxy.sock";
  engine_proxy proxy{socket, host().socket()};
  auto box = run();
  host().docker({"pause", box});
  connect(socket, 100ms);
  auto told = watch_until(box, fact::paused);
  proxy.swallow_events = true;
  host().docker({"unpause", box});
  ASSERT_TRUE(until_told(told, fact::running));
  proxy.swallow_events = false;
  host().docker({"pause", box});
  ASSERT_TRUE(until_told(told, fact::paused));
  host().docker({"restart", box});
  ASSERT_TRUE(until_told(told, fact::running));
  host().docker({"pause", box});
  ASSERT_TRUE(until_told(told, fact::paused));
  host().docker({"rm", "-f", box});
  ASSERT_TRUE(until_told(told, fact::removed));
  engine.reset();
}

TEST_F(docker_engine_test, a_container_found_down_at_the_start_has_failed_unless_remembered) {
  auto down = run("exit 0");
  auto at_rest = run();
  host().docker({"wait", down});
  host().docker({"stop", at_rest});
  connect();
  engine->remember_stopped(at_rest);
  EXPECT_EQ(watch_until(down, fact::failed)->back().reason, "exited with code 0");
  watch_until(at_rest, fact::stopped);
}

TEST_F(docker_engine_test, a_container_that_the_engine_restarts_is_told_as_such) {
  connect();
  auto box = run("sleep 0.5; exit 3", {"--restart", "always"});
  auto told = watch(box);
  ASSERT_TRUE(until([&] {
    auto found = kinds(told);
    return std::count(found.begin(), found.end(), fact::failed) >= 2;
  }));
  for (const auto& f : *told)
    if (f.what == fact::failed) {
      EXPECT_TRUE(f.engine_restarts);
      EXPECT_EQ(f.reason, "exited with code 3");
    }
}

TEST_F(docker_engine_test, an_engine_that_gives_up_restarting_leaves_a_failure) {
  connect();
  auto box = run("sleep 0.3; exit 3", {"--restart", "on-failure:1"});
  auto told = watch(box);
  ASSERT_TRUE(until([&] {
    return !told->empty() && told->back().what == fact::failed && !told->back().engine_restarts;
  }));
}

TEST_F(docker_engine_test, a_container_made_anew_under_its_name_is_the_same_watch) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  host().docker({"rm", "-f", box});
  ASSERT_TRUE(until_told(told, fact::removed));
  host().run(box, reeve::test::docker_host::patient);
  ASSERT_TRUE(until_told(told, fact::running));
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
}

TEST_F(docker_engine_test, a_rename_moves_the_watch_to_whoever_has_the_name) {
  connect();
  auto box = run();
  auto other = name();
  auto told = watch_until(box, fact::running);
  host().docker({"rename", box, other});
  ASSERT_TRUE(until_told(told, fact::removed));
  host().docker({"rename", other, box});
  ASSERT_TRUE(until_told(told, fact::running));
}

TEST_F(docker_engine_test, a_container_may_be_watched_by_the_beginning_of_its_id) {
  connect();
  auto box = run();
  auto id = host().docker({"inspect", "-f", "{{.Id}}", box}).substr(0, 12);
  auto told = watch_until(id, fact::running);
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
}

TEST_F(docker_engine_test, no_engine_at_the_start_is_told_and_found_later) {
  auto box = run();
  host().stop();
  engine = std::make_unique<docker_engine>(on, host().socket());
  auto told = watch_until(box, fact::unreachable);
  EXPECT_EQ(told->back().reason, engine->reachable().sentence());
  host().start();
  ASSERT_TRUE(until_told(told, fact::failed));
  host().docker({"start", box});
  ASSERT_TRUE(until_told(told, fact::running));
}

TEST_F(docker_engine_test, says_what_to_do_when_there_is_no_socket) {
  auto nowhere = host().folder() + "/nowhere.sock";
  engine = std::make_unique<docker_engine>(on, nowhere);
  auto told = watch_until("box", fact::unreachable);
  EXPECT_EQ(told->back().reason,
            "there is no Docker socket at " + nowhere + ": start Docker, or set docker.socket");
}

TEST_F(docker_engine_test, says_what_to_do_when_the_socket_is_not_permitted) {
  ASSERT_EQ(seteuid(65534), 0);
  engine = std::make_unique<docker_engine>(on, "/proc/1/root/docker.sock");
  auto told = watch_until("box", fact::unreachable);
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_NE(told->back().reason.find("no permission to use"), std::string::npos)
    << told->back().reason;
}

TEST_F(docker_engine_test, an_engine_that_hangs_is_unreachable_until_it_moves_again) {
  connect(host().socket(), 100ms);
  auto box = run();
  auto told = watch_until(box, fact::running);
  host().freeze();
  EXPECT_TRUE(until_told(told, fact::unreachable));
  host().thaw();
  EXPECT_TRUE(until_told(told, fact::running));
  EXPECT_EQ(kinds(told), (std::vector{fact::running, fact::unreachable, fact::running}));
}

TEST_F(docker_engine_test, lost_events_are_made_up_for_by_the_list) {
  auto socket = host().folder() + "/proxy.sock";
  engine_proxy proxy{socket, host().socket()};
  connect(socket, 100ms);
  auto box = run();
  auto told = watch_until(box, fact::running);
  proxy.swallow_events = true;
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
  host().docker({"start", box});
  ASSERT_TRUE(until_told(told, fact::running));
  engine.reset();
}

TEST_F(docker_engine_test, our_own_stop_and_start_are_nobody_elses) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  ASSERT_TRUE(wait([&](auto done) { engine->stop(box, 2s, std::move(done)); }));
  EXPECT_FALSE(inspect(box).running);
  run_for(on, 300ms);
  EXPECT_EQ(kinds(told), std::vector{fact::running});
  ASSERT_TRUE(wait([&](auto done) { engine->start(box, std::move(done)); }));
  EXPECT_TRUE(inspect(box).running);
  ASSERT_TRUE(until([&] { return told->size() == 2; }));
  EXPECT_EQ(kinds(told), (std::vector{fact::running, fact::running}));
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
}

TEST_F(docker_engine_test, our_own_restart_is_judged_by_the_state) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  auto before = inspect(box).started_at;
  ASSERT_TRUE(wait([&](auto done) { engine->restart(box, 2s, std::move(done)); }));
  auto after = inspect(box);
  EXPECT_TRUE(after.running);
  EXPECT_GT(after.started_at, before);
  run_for(on, 300ms);
  EXPECT_EQ(kinds(told), (std::vector{fact::running, fact::running}));
}

TEST_F(docker_engine_test, a_failed_container_is_restarted) {
  connect();
  auto box = run();
  auto told = watch_until(box, fact::running);
  host().docker({"kill", box});
  ASSERT_TRUE(until_told(told, fact::failed));
  ASSERT_TRUE(wait([&](auto done) { engine->restart(box, 2s, std::move(done)); }));
  ASSERT_TRUE(until_told(told, fact::running));
}

TEST_F(docker_engine_test, a_restart_that_does_not_last_is_an_error) {
  connect();
  auto box = name();
  host().docker({"create", "--network", "none", "--name", box, "box", "/bin/nothing"});
  auto done = wait([&](auto d) { engine->restart(box, 2s, std::move(d)); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.whose, blame::service);
  EXPECT_NE(done.sentence().find("Docker says: "), std::string::npos) << done.sentence();
  EXPECT_NE(done.sentence().find("/bin/nothing"), std::string::npos) << done.sentence();
}

TEST_F(docker_engine_test, orders_to_a_container_that_is_not_there_are_errors) {
  connect();
  auto done = wait([&](auto d) { engine->start("nobody", std::move(d)); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.sentence(), "no such container 'nobody': create it");
  EXPECT_EQ(done.whose, blame::engine);
}

TEST_F(docker_engine_test, orders_to_an_engine_that_does_not_answer_find_no_target) {
  engine = std::make_unique<docker_engine>(on, host().folder() + "/nowhere.sock");
  auto done = wait([&](auto d) { engine->restart("box", 2s, std::move(d)); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.whose, blame::engine);
}

TEST_F(docker_engine_test, a_lost_reply_is_not_a_failed_restart) {
  auto socket = host().folder() + "/proxy.sock";
  engine_proxy proxy{socket, host().socket()};
  proxy.cut_orders = true;
  connect(socket);
  auto box = run();
  auto before = inspect(box).started_at;
  ASSERT_TRUE(wait([&](auto done) { engine->restart(box, 2s, std::move(done)); }));
  EXPECT_GT(inspect(box).started_at, before);
  EXPECT_GT(proxy.orders, 0);
  engine.reset();
}

TEST_F(docker_engine_test, an_end_of_reeve_completes_what_is_under_way) {
  connect();
  auto box = run("trap '' TERM; while :; do sleep 0.05; done");
  std::vector<std::string> came;
  engine->stop(box, 60s, [&](status s) { came.push_back(s.sentence()); });
  engine->inspect(box, [&](result<container_state> r) { came.push_back(r.sentence()); });
  engine.reset();
  EXPECT_EQ(came, (std::vector<std::string>{"Reeve is stopping", "Reeve is stopping"}));
}

TEST_F(docker_engine_test, each_watcher_hears_it_and_the_removed_one_does_not) {
  connect();
  auto box = run();
  int first = 0;
  int second = 0;
  int replaced = 0;
  engine->watch(box, "first", [&](const container_fact&) { ++first; });
  engine->watch(box, "second", [&](const container_fact&) { ++replaced; });
  engine->watch(box, "second", [&](const container_fact&) { ++second; });
  ASSERT_TRUE(until([&] { return first == 1 && second == 1; }));
  engine->unwatch(box, "first");
  host().docker({"kill", box});
  ASSERT_TRUE(until([&] { return second == 2; }));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(replaced, 0);
}

} // namespace

} // namespace reeve::io::test
