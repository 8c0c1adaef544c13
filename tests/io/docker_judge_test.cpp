#include "io/docker/docker_judge.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace reeve::io {

namespace {

using namespace std::chrono_literals;
using kind = container_fact::kind;
using kinds = std::vector<kind>;

/// One container and its engine, whose clock only moves when told to.
class docker_judge_test : public testing::Test {
protected:
  docker_judge_test() {
    box.id = "0123456789ab";
    box.name = "box";
    box.state.running = true;
    box.state.started_at = wall_time{1'000'000ms};
  }

  docker_api::event event(const std::string& action) const {
    docker_api::event e;
    e.action = action;
    e.id = box.id;
    e.name = "box";
    e.at = box.state.started_at + since_start;
    return e;
  }

  void happens(const std::string& action) {
    pass(1ms);
    judge.take(event(action), now);
  }

  void signal(int number) {
    pass(1ms);
    auto e = event("kill");
    e.signal = number;
    judge.take(e, now);
  }

  /// By `docker stop`, or by an engine that ends.
  void is_stopped() {
    signal(15);
    end(0);
    happens("stop");
  }

  /// The container ends, which may be told or not.
  void end(int code, bool told = true) {
    pass(1ms);
    box.state.running = false;
    box.state.exit_code = code;
    box.state.finished_at = std::chrono::floor<std::chrono::milliseconds>(event("").at);
    auto e = event("die");
    e.exit_code = code;
    if (told)
      judge.take(e, now);
  }

  void begin(bool told = true) {
    pass(1ms);
    box.state.running = true;
    box.state.restarting = false;
    box.state.started_at += std::chrono::ceil<std::chrono::milliseconds>(since_start) + 1ms;
    since_start = 0ns;
    if (told)
      happens("start");
  }

  void pass(std::chrono::milliseconds d) {
    now += d;
    since_start += d;
  }

  kinds look() {
    auto ruling = judge.see(box, now);
    again = ruling.look_again;
    if (!ruling.facts.empty())
      last = ruling.facts.back();
    kinds found;
    for (const auto& f : ruling.facts)
      found.push_back(f.what);
    return found;
  }

  kinds lose() {
    kinds found;
    for (const auto& f : judge.lost("gone"))
      found.push_back(f.what);
    return found;
  }

  docker_judge judge{"box"};
  docker_api::container box;
  mono_time now{1h};
  std::chrono::nanoseconds since_start{0};
  container_fact last;
  std::optional<std::chrono::milliseconds> again;
};

TEST_F(docker_judge_test, tells_each_change_once) {
  EXPECT_EQ(look(), kinds{kind::running});
  EXPECT_EQ(look(), kinds{});
  box.state.health = "unhealthy";
  box.state.health_output = "no luck";
  EXPECT_EQ(look(), kinds{kind::running});
  EXPECT_EQ(last.reason, "its HEALTHCHECK fails: no luck");
  EXPECT_EQ(look(), kinds{});
}

TEST_F(docker_judge_test, a_death_after_the_stop_signal_waits_for_the_stop) {
  look();
  signal(15);
  end(0);
  EXPECT_EQ(look(), kinds{});
  EXPECT_EQ(again, docker_judge::patience);
  happens("stop");
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_death_after_the_stop_signal_without_a_stop_is_a_failure) {
  look();
  signal(15);
  end(143);
  look();
  pass(docker_judge::patience);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "exited with code 143 (docker kill)");
}

TEST_F(docker_judge_test, a_clean_end_by_docker_kill_is_not_clean) {
  look();
  signal(10);
  end(0);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, a_signal_of_long_ago_did_not_end_it) {
  look();
  signal(1);
  pass(60s);
  end(0);
  EXPECT_EQ(look(), kinds{kind::ended});
}

TEST_F(docker_judge_test, an_end_without_an_event_waits_for_it_and_then_is_a_failure) {
  look();
  end(0, false);
  EXPECT_EQ(look(), kinds{});
  ASSERT_TRUE(again);
  pass(*again);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(look(), kinds{});
  EXPECT_FALSE(again);
}

// -- who stopped it, when the engine ends as well -----------------------------

TEST_F(docker_judge_test, a_stop_that_was_looked_at_is_a_persons_however_soon_the_engine_ends) {
  look();
  is_stopped();
  EXPECT_EQ(look(), kinds{kind::stopped}) << "the engine answered after the stop";
  EXPECT_EQ(lose(), kinds{kind::unreachable});
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_stop_that_could_not_be_looked_at_is_the_engines) {
  look();
  is_stopped();
  EXPECT_EQ(lose(), kinds{kind::unreachable});
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "was stopped with Docker itself, exited with code 0");
  EXPECT_TRUE(last.with_engine);
}

TEST_F(docker_judge_test, a_stop_that_could_not_be_looked_at_is_a_persons_if_the_engine_lives_on) {
  look();
  is_stopped();
  lose();
  judge.engine_found(true);
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_stop_in_a_gap_of_the_events_is_a_persons_if_the_engine_lives_on) {
  look();
  lose();
  judge.engine_found(true);
  is_stopped();
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_stop_under_way_at_the_end_of_the_events_is_the_engines) {
  look();
  signal(15);
  end(0);
  look();
  lose();
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_TRUE(last.with_engine);
}

TEST_F(docker_judge_test, what_an_engine_stops_as_it_begins_is_nobodys_word) {
  look();
  lose();
  judge.engine_found(false);
  signal(15);
  pass(10s);
  signal(9);
  end(137);
  happens("stop");
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "was stopped with Docker itself, exited with code 137");
  EXPECT_TRUE(last.with_engine);
  EXPECT_FALSE(again) << "nothing is waited for";
}

TEST_F(docker_judge_test, a_stop_after_an_engines_own_start_is_a_persons) {
  look();
  lose();
  judge.engine_found(false);
  signal(15);
  end(0);
  happens("stop");
  begin();
  is_stopped();
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_stop_after_the_engine_was_found_again_is_a_persons) {
  look();
  lose();
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::running}) << "an engine with live-restore";
  is_stopped();
  EXPECT_EQ(look(), kinds{kind::stopped});
}

TEST_F(docker_judge_test, a_failure_from_before_the_gap_is_not_the_engines) {
  look();
  end(3);
  EXPECT_EQ(look(), kinds{kind::failed});
  lose();
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "exited with code 3");
  EXPECT_FALSE(last.with_engine);
}

TEST_F(docker_judge_test, what_is_down_when_the_engine_first_answers_is_no_failure_of_its_own) {
  lose();
  end(137, false);
  judge.engine_found(false);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "was down when Docker began to answer, exited with code 137");
  EXPECT_TRUE(last.with_engine);
}

TEST_F(docker_judge_test, an_end_in_a_gap_is_its_own_failure_if_the_engine_lives_on) {
  look();
  lose();
  judge.engine_found(true);
  end(1, false);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_FALSE(last.with_engine);
}

TEST_F(docker_judge_test, a_signal_from_before_a_gap_did_not_end_it) {
  look();
  signal(10);
  lose();
  judge.engine_found(true);
  end(0);
  EXPECT_EQ(look(), kinds{kind::ended});
  EXPECT_EQ(last.reason, "exited with code 0");
}

// -- paused ---------------------------------------------------------------------

TEST_F(docker_judge_test, a_pause_is_told_whatever_its_healthcheck_says_and_so_is_its_end) {
  look();
  box.state.paused = true;
  box.state.health = "unhealthy";
  EXPECT_TRUE(judge.take(event("pause"), now));
  EXPECT_EQ(look(), kinds{kind::paused});
  EXPECT_EQ(last.reason, "paused by a person, in Docker");
  EXPECT_EQ(look(), kinds{});
  lose();
  judge.engine_found(true);
  EXPECT_EQ(look(), kinds{kind::paused});
  box.state.paused = false;
  EXPECT_EQ(look(), kinds{kind::running}) << "also without an event";
}

TEST_F(docker_judge_test, looks_again_while_no_event_would_tell_that_it_is_unhealthy) {
  box.state.health = "starting";
  box.health_is_open = true;
  EXPECT_EQ(look(), kinds{kind::running});
  EXPECT_EQ(again, docker_judge::patience);
  box.state.health = "unhealthy";
  box.health_is_open = false;
  EXPECT_EQ(look(), kinds{kind::running});
  EXPECT_EQ(last.health, "unhealthy");
  EXPECT_FALSE(again);
}

TEST_F(docker_judge_test, a_stop_of_what_is_paused_is_a_stop) {
  box.state.paused = true;
  EXPECT_EQ(look(), kinds{kind::paused});
  signal(15);
  happens("unpause");
  box.state.paused = false;
  end(0);
  happens("stop");
  EXPECT_EQ(look(), kinds{kind::stopped});
}

// -- what is remembered -----------------------------------------------------------

TEST_F(docker_judge_test, a_remembered_stop_lasts_over_gaps_until_the_next_start) {
  judge.remember_stopped();
  end(0, false);
  EXPECT_EQ(look(), kinds{kind::stopped});
  lose();
  EXPECT_EQ(look(), kinds{kind::stopped});
  begin();
  EXPECT_EQ(look(), kinds{kind::running});
  lose();
  end(0, false);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, a_remembered_stop_is_forgotten_when_it_is_found_running) {
  judge.remember_stopped();
  EXPECT_EQ(look(), kinds{kind::running});
  lose();
  end(1, false);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, a_stop_does_not_outlive_a_start_that_nobody_told) {
  look();
  signal(15);
  end(0);
  happens("stop");
  look();
  pass(60s);
  lose();
  begin(false);
  end(1, false);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, a_clean_end_is_still_one_after_a_gap) {
  look();
  end(0);
  EXPECT_EQ(look(), kinds{kind::ended});
  lose();
  EXPECT_EQ(look(), kinds{kind::ended});
}

TEST_F(docker_judge_test, a_container_down_at_first_sight_has_failed) {
  end(0, false);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, an_engine_that_waits_to_restart_it_is_named) {
  look();
  end(1);
  box.state.running = true; // so the engine says
  box.state.restarting = true;
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_TRUE(last.engine_restarts);
  begin();
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, a_restart_faster_than_our_look_is_told_as_a_failure_too) {
  look();
  end(7);
  begin();
  EXPECT_EQ(look(), (kinds{kind::failed, kind::running}));
  EXPECT_EQ(look(), kinds{});
}

TEST_F(docker_judge_test, a_failure_is_not_told_again_when_somebody_starts_it) {
  look();
  end(7);
  EXPECT_EQ(look(), kinds{kind::failed});
  begin();
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, a_run_that_came_and_went_without_events_is_another_run) {
  look();
  begin(false);
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, our_operation_is_silent_and_so_are_its_late_events) {
  look();
  judge.operation_begun();
  signal(15);
  end(0);
  happens("stop");
  EXPECT_EQ(look(), kinds{});
  auto late_stop = event("stop");
  auto late_die = event("die");
  begin(false);
  judge.operation_ended(box);
  EXPECT_FALSE(judge.take(late_die, now));
  EXPECT_FALSE(judge.take(late_stop, now));
  EXPECT_EQ(look(), kinds{kind::running});
  end(1);
  EXPECT_EQ(look(), kinds{kind::failed});
}

TEST_F(docker_judge_test, what_was_told_before_our_operation_is_not_how_it_is_after_it) {
  look();
  end(137);
  EXPECT_EQ(look(), kinds{kind::failed});
  judge.operation_begun();
  begin(false);
  judge.operation_ended(box);
  EXPECT_EQ(judge.current(), std::nullopt) << "the failure has been answered";
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, what_we_stopped_stays_silent_over_a_gap_until_somebody_starts_it) {
  look();
  judge.operation_begun();
  end(0, false);
  judge.operation_ended(box);
  happens("stop"); // late
  EXPECT_EQ(look(), kinds{});
  EXPECT_EQ(judge.current(), std::nullopt);
  EXPECT_EQ(lose(), kinds{kind::unreachable});
  EXPECT_EQ(look(), kinds{kind::at_rest}) << "all that is told is that it is there";
  EXPECT_EQ(judge.current()->what, kind::at_rest);
  EXPECT_EQ(look(), kinds{});
  begin();
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, an_operation_that_came_to_nothing_leaves_the_next_look_to_be_news) {
  look();
  judge.operation_begun();
  end(0, false);
  judge.operation_ended(box); // stopped
  judge.operation_begun();
  judge.operation_ended({}); // not started, for the engine did not answer
  EXPECT_EQ(look(), kinds{kind::at_rest});
  begin();
  EXPECT_EQ(look(), kinds{kind::running});
  judge.doubt();
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, a_missing_container_and_its_successor_are_told) {
  look();
  EXPECT_EQ(judge.see({}, now).facts.at(0).what, kind::removed);
  EXPECT_TRUE(judge.see({}, now).facts.empty());
  box.id = "fedcba987654";
  EXPECT_TRUE(judge.take(event("start"), now));
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, a_death_of_its_predecessor_is_not_its_own) {
  look();
  end(1);
  box.id = "fedcba987654";
  begin(false);
  EXPECT_EQ(look(), kinds{kind::running});
}

TEST_F(docker_judge_test, a_container_just_created_is_given_time_to_start) {
  look();
  judge.see({}, now);
  box.state.running = false;
  box.state.started_at = wall_time{};
  EXPECT_EQ(look(), kinds{});
  pass(docker_judge::patience);
  EXPECT_EQ(look(), kinds{kind::failed});
  EXPECT_EQ(last.reason, "was created but never started");
}

TEST_F(docker_judge_test, others_events_are_not_its_own) {
  look();
  auto e = event("die");
  e.id = "fedcba987654";
  e.name = "other";
  EXPECT_FALSE(judge.take(e, now));
  e.action = "rename";
  e.old_name = "box";
  EXPECT_TRUE(judge.take(e, now));
}

} // namespace

TEST_F(docker_judge_test, an_end_for_want_of_memory_is_never_clean) {
  judge.see(box, now);
  box.state.oom_killed = true;
  end(0);
  const auto ruling = judge.see(box, now);
  ASSERT_EQ(ruling.facts.size(), 1U);
  EXPECT_EQ(ruling.facts[0].what, kind::failed);
  EXPECT_EQ(ruling.facts[0].reason, "exited with code 0 (out of memory)");
}

TEST_F(docker_judge_test, what_was_paused_before_a_gap_was_there_before_it) {
  box.state.paused = true;
  judge.see(box, now);
  judge.lost("nothing answers");
  judge.engine_found(false);
  box.state.paused = false;
  end(0, false);
  const auto ruling = judge.see(box, now);
  ASSERT_EQ(ruling.facts.size(), 1U);
  EXPECT_TRUE(ruling.facts[0].with_engine);
  EXPECT_EQ(ruling.facts[0].reason, "was stopped with Docker itself, exited with code 0");
}

} // namespace reeve::io
