#include "tests/supervisor/another_reeve.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

TEST_F(another_reeve, starts_what_ran_and_goes_on_counting) {
  begin({process("a", 1s), container("c", 1s)});
  crash("a", 3);
  EXPECT_EQ(is_born(2s), (texts{"start a"}));
  EXPECT_EQ(last.cause, restart_cause::boot);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(at("a").restarts, 3U) << "to start it again is no restart";
  EXPECT_EQ(at("a").attempt, 3);
  EXPECT_EQ(at("a").restarts_in_window, 3);
  EXPECT_EQ(failed("a"), (texts{"wait a 8000"})) << "the backoff goes on";
  EXPECT_EQ(at("c").restarts, 0U);
}

TEST_F(another_reeve, waits_for_what_is_left_and_starts_a_process_only_then) {
  begin({process("a", 100s), process("b")});
  failed("a");
  after(10s);
  EXPECT_EQ(is_born(30s), (texts{"start b"}));
  started("b");
  EXPECT_EQ(state("a"), supervision::waiting);
  EXPECT_EQ(at("a").reason, "broke");
  EXPECT_EQ(wait_of("a"), 60s);
  EXPECT_EQ(after(59s), texts{});
  EXPECT_EQ(after(1s), (texts{"start a"}));
  EXPECT_EQ(last.cause, restart_cause::failed);
  started("a");
  EXPECT_EQ(at("a").restarts, 1U);
  EXPECT_EQ(at("a").restarts_in_window, 1) << "it was counted before";
}

TEST_F(another_reeve, keeps_to_the_budget_of_the_minute) {
  spec.budget = budget_spec{0, 2};
  begin({process("a"), process("b"), process("c")});
  crash("a", 1);
  after(20s);
  crash("b", 1);
  is_born(10s);
  started("a"), started("b"), started("c");
  EXPECT_EQ(failed("c"), texts{"hold c"});
  EXPECT_EQ(at("c").reason, "broke; held: 2 of at most 2 restarts a minute are used up");
  EXPECT_EQ(after(29s), texts{});
  EXPECT_EQ(after(1s), texts{"start c"});
}

TEST_F(another_reeve, that_comes_after_the_wait_restarts_at_once) {
  begin({process("a", 10s), container("c", 10s)});
  failed("a");
  sick("c");
  EXPECT_EQ(is_born(10min), (texts{"start a", "restart c"}));
}

TEST_F(another_reeve, is_not_fooled_by_a_wall_clock_that_went_back) {
  begin({process("a", 100s)});
  failed("a");
  is_born(1s, -24h);
  EXPECT_EQ(wait_of("a"), 300s) << "the policy's longest";
  EXPECT_EQ(at("a").restarts_in_window, 1);
  crash("a", 0);
  EXPECT_EQ(after(300s), (texts{"start a"}));
}

TEST_F(another_reeve, is_not_fooled_by_a_wall_clock_that_went_ahead) {
  begin({process("a", 100s)});
  failed("a");
  EXPECT_EQ(is_born(1s, 24h * 365 * 200), (texts{"start a"}));
  EXPECT_EQ(at("a").restarts_in_window, 0);
}

TEST_F(another_reeve, leaves_given_up_what_was_and_tries_when_it_was_due) {
  spec.tree.intensity = {0, 60s};
  spec.tree.cooldown = 600s;
  begin({process("a"), container("c")});
  failed("a");
  sick("c");
  after(100s);
  EXPECT_EQ(is_born(200s), texts{});
  EXPECT_EQ(state("a"), supervision::given_up);
  EXPECT_EQ(state("c"), supervision::given_up);
  EXPECT_EQ(wait_of("a"), 300s);
  EXPECT_EQ(at("a").reason, "broke; more than 0 restarts within 1m in group 'root'");
  EXPECT_EQ(after(300s), (texts{"start a", "restart c"}));
  started("a");
  EXPECT_EQ(is_born(), (texts{"start a"})) << "c's try goes unseen";
  started("a");
  EXPECT_EQ(failed("a"), (texts{"give_up a"})) << "it is on trial still";
  EXPECT_NE(at("a").reason.find("careful try"), std::string::npos);
}

TEST_F(another_reeve, does_not_try_what_its_new_config_leaves_to_a_person) {
  spec.tree.intensity = {0, 60s};
  begin({process("a")});
  failed("a");
  spec.tree.cooldown = 0s;
  EXPECT_EQ(is_born(), texts{});
  EXPECT_EQ(tree->next_due(), std::nullopt);
  EXPECT_EQ(person(order::start, "a"), (texts{"start a"}));
}

TEST_F(another_reeve, waits_for_a_careful_try_no_longer_than_its_new_config_says) {
  spec.tree.intensity = {0, 60s};
  begin({process("a")});
  failed("a");
  spec.tree.cooldown = 30s;
  is_born();
  EXPECT_EQ(wait_of("a"), 30s);
}

TEST_F(another_reeve, leaves_alone_what_a_person_stopped_and_what_ended) {
  begin({process("a", 1s), of_type(process("b", 1s), restart_type::transient), container("c", 1s)});
  person(order::stop, "a");
  stopped("a");
  failed("b", false, true);
  tree->observed_stop("c", "stopped by a person (docker stop)", now);
  EXPECT_EQ(is_born(10h), texts{});
  EXPECT_EQ(state("a"), supervision::stopped);
  EXPECT_EQ(at("a").reason, "stopped by a person");
  EXPECT_EQ(state("b"), supervision::ended);
  EXPECT_EQ(at("c").reason, "stopped by a person (docker stop)");
  EXPECT_EQ(person(order::start, "a"), (texts{"start a"}));
  EXPECT_EQ(person(order::start, "c"), (texts{"start c"}));
}

TEST_F(another_reeve, stops_what_a_person_wanted_stopped_and_was_not_yet) {
  begin({process("a", 1s), container("c", 1s)});
  person(order::stop, "a");
  person(order::stop, "c");
  EXPECT_EQ(is_born(), (texts{"stop c"})) << "a died with the Reeve before";
  EXPECT_EQ(last.cause, restart_cause::person);
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(state("c"), supervision::stopped);
  EXPECT_EQ(is_born(), texts{});
}

TEST_F(another_reeve, stops_what_a_person_wanted_stopped_while_it_was_being_started) {
  begin({container("c")});
  EXPECT_EQ(failed("c"), (texts{"start c"}));
  EXPECT_EQ(person(order::stop, "c"), texts{}) << "once it is started";
  EXPECT_EQ(is_born(), (texts{"stop c"})) << "nobody knows whether the engine heard of the start";
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(state("c"), supervision::stopped);
}

TEST_F(another_reeve, starts_a_paused_process_that_ran_and_leaves_it_paused) {
  begin({process("a", 1s), container("c", 1s)});
  person(order::pause, "a");
  person(order::pause, "c");
  sick("c");
  EXPECT_EQ(is_born(), (texts{"start a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::paused);
  EXPECT_EQ(at("a").restarts, 0U);
  EXPECT_EQ(failed("a"), texts{});
  EXPECT_EQ(person(order::resume, "a"), (texts{"wait a 1000"}));
  EXPECT_EQ(person(order::resume, "c"), (texts{"wait c 1000"})) << "it failed before";
}

TEST_F(another_reeve, that_cannot_start_a_paused_process_says_so_when_it_is_resumed) {
  begin({process("a", 1s)});
  person(order::pause, "a");
  is_born();
  EXPECT_EQ(start_failed("a"), texts{});
  EXPECT_EQ(state("a"), supervision::paused);
  EXPECT_EQ(is_born(), texts{}) << "it was down";
  EXPECT_EQ(person(order::resume, "a"), (texts{"wait a 1000"}));
  EXPECT_EQ(at("a").reason, "no such file");
}

TEST_F(another_reeve, restarts_what_is_resumed_while_it_is_started_if_that_fails) {
  begin({process("a")});
  person(order::pause, "a");
  EXPECT_EQ(is_born(), (texts{"start a"}));
  EXPECT_EQ(person(order::resume, "a"), texts{});
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(start_failed("a"), (texts{"start a"}));
  started("a");
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(another_reeve, does_not_count_twice_what_waited_when_it_was_paused) {
  begin({process("a", 1s)});
  failed("a");
  person(order::pause, "a");
  EXPECT_EQ(is_born(), texts{});
  EXPECT_EQ(person(order::resume, "a"), (texts{"start a"}));
  EXPECT_EQ(at("a").restarts_in_window, 1);
}

TEST_F(another_reeve, with_another_target_keeps_the_counter_and_what_a_person_said) {
  spec.tree.intensity = {100, 60s};
  begin({process("waits", 100s), process("paused", 1s), process("stopped", 1s),
         process("gave-up", 1s), process("ran", 1s)});
  for (const auto* name : {"waits", "paused", "stopped", "gave-up", "ran"})
    crash(name, 1);
  failed("waits");
  person(order::pause, "paused");
  failed("paused");
  person(order::stop, "stopped");
  stopped("stopped");
  spec.tree.intensity = {0, 60s};
  reload();
  failed("gave-up");
  ASSERT_EQ(state("gave-up"), supervision::given_up);
  auto before = left();
  spec.tree.intensity = {100, 60s};
  for (auto& s : spec.services)
    std::get<process_spec>(s.restart.target).command = {"./other"};
  tree.emplace(spec, now);
  tree->take_over(before, {now, wall});
  EXPECT_EQ(told(tree->boot(now)), (texts{"start waits", "start gave-up", "start ran"}));
  for (const auto* name : {"waits", "gave-up", "ran"})
    EXPECT_EQ(started(name), texts{});
  EXPECT_EQ(at("waits").attempt, 0);
  EXPECT_EQ(at("waits").restarts, 1U);
  EXPECT_EQ(state("stopped"), supervision::stopped);
  EXPECT_EQ(state("paused"), supervision::paused);
  EXPECT_EQ(person(order::resume, "paused"), (texts{"start paused"}));
  EXPECT_EQ(last.cause, restart_cause::reload);
}

TEST_F(another_reeve, begins_the_backoff_anew_after_a_long_good_run) {
  spec.tree.intensity = {100, 60s};
  begin({process("a", 1s), process("b", 1s)});
  crash("a", 3);
  crash("b", 3);
  recovered("a");
  after(30s);
  recovered("b");
  is_born(31s);
  started("a");
  started("b");
  EXPECT_EQ(at("a").attempt, 0) << "61 s without a restart";
  EXPECT_EQ(at("b").attempt, 3);
}

TEST_F(another_reeve, forgets_restarts_that_left_the_window) {
  spec.tree.intensity = {2, 60s};
  begin({process("a")});
  crash("a", 2);
  EXPECT_EQ(at("a").restarts_in_window, 2);
  is_born(61s);
  started("a");
  EXPECT_EQ(at("a").restarts_in_window, 0);
}

TEST_F(another_reeve, counts_over_its_own_birth) {
  spec.tree.intensity = {2, 60s};
  begin({process("a")});
  for (int i = 0; i < 2; ++i) {
    crash("a", 1);
    is_born(1s);
    started("a");
  }
  EXPECT_EQ(failed("a"), (texts{"give_up a"})) << "the third within a minute";
}

TEST_F(another_reeve, keeps_a_group_waiting_that_escalated) {
  group_spec app{"app", strategy::one_for_all, {0, 60s}, on_exhausted::escalate, 600s, {}, {}};
  app.children = {"b", "c"};
  spec.tree.children = {"a", app};
  begin({process("a", 1s), process("b", 100s), process("c", 1s)});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "wait b 100000", "stop c"}));
  EXPECT_EQ(is_born(20s), (texts{"start a"})) << "killed while c was being stopped";
  started("a");
  EXPECT_EQ(state("b"), supervision::waiting);
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(wait_of("c"), 80s);
  EXPECT_EQ(after(80s), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
}

TEST_F(another_reeve, keeps_what_waits_for_another_with_it) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a", 10s), process("b", 10s)});
  failed("a");
  EXPECT_EQ(after(10s), (texts{"stop b"}));
  stopped("b");
  start_failed("a");
  ASSERT_EQ(at("b").reason, "waits for 'a'");
  EXPECT_EQ(is_born(5s), texts{});
  EXPECT_EQ(wait_of("b"), 15s);
  EXPECT_EQ(after(15s), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
}

TEST_F(another_reeve, ends_a_restart_that_was_cut_in_two) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("a"), container("b")});
  EXPECT_EQ(sick("a"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"stop a"}));
  EXPECT_EQ(is_born(), (texts{"stop a"})) << "b is down because of us";
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(at("a").restarts_in_window, 1) << "counted once";
}

TEST_F(another_reeve, begins_anew_when_the_root_was_exhausted) {
  spec.tree.intensity = {0, 60s};
  spec.tree.on_exhausted = on_exhausted::escalate;
  begin({process("a"), process("b")});
  EXPECT_EQ(failed("a"), (texts{"escalate root", "stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"exit root"}));
  EXPECT_EQ(is_born(), (texts{"start a", "start b"})) << "or it would never do anything again";
}

TEST_F(another_reeve, ignores_names_and_numbers_that_make_no_sense) {
  begin({process("a", 1s)});
  remembered odd;
  odd.services = {{.name = "gone", .state = supervision::waiting},
                  {.name = "a",
                   .state = supervision::waiting,
                   .target = fingerprint(spec.services[0].restart.target),
                   .attempt = -7,
                   .last_delay = -5s,
                   .due = wall_time::max(),
                   .waits_for = "a"}};
  odd.groups = {{.name = "gone"},
                {.name = "root",
                 .restarts = {{wall_time::max(), "a"}, {wall_time::min(), ""}},
                 .due = wall_time::min(),
                 .on_trial = true}};
  tree.emplace(spec, now);
  tree->take_over(odd, {now, wall});
  EXPECT_EQ(told(tree->boot(now)), texts{});
  EXPECT_EQ(wait_of("a"), 300s);
  EXPECT_EQ(at("a").attempt, 0);
  EXPECT_EQ(at("a").restarts_in_window, 1);
}

TEST_F(another_reeve, restarts_what_waits_for_nothing_that_is_known) {
  begin({process("a", 1s), process("b", 1s)});
  const auto target = fingerprint(spec.services[0].restart.target);
  remembered odd;
  odd.services = {
    {.name = "a", .state = supervision::waiting, .target = target, .waits_for = "gone"}};
  tree.emplace(spec, now);
  tree->take_over(odd, {now, wall});
  EXPECT_EQ(told(tree->boot(now)), (texts{"start b", "start a"}));
}

TEST_F(another_reeve, tells_that_a_restart_of_the_one_before_relapsed) {
  begin({process("a", 1s), container("c", 1s), container("late", 1s)});
  for (const auto* name : {"a", "c", "late"})
    crash(name, 1);
  for (const auto* name : {"a", "late"})
    recovered(name);
  EXPECT_FALSE(left().services[1].newest_restart->helped);
  is_born(3min);
  started("a");
  tree->take_news();
  failed("a");
  sick("c");
  after(8min);
  sick("late");
  std::vector<std::string> outcomes;
  for (const auto& n : tree->take_news())
    if (const auto* j = std::get_if<restart_judged>(&n))
      outcomes.push_back(j->service + " " + describe(*j));
  EXPECT_EQ(outcomes, (texts{"a relapsed after 3m", "c no effect"})) << "or they are long over";
  EXPECT_FALSE(left().services[0].newest_restart) << "its outcome is known";
}

TEST_F(another_reeve, need_not_be_told_of_what_is_as_at_the_beginning) {
  begin({process("a", 1s), container("c", 1s)});
  recovered("a");
  for (const auto& s : left().services)
    EXPECT_TRUE(is_blank(s)) << s.name;
  for (const auto& g : left().groups)
    EXPECT_TRUE(is_blank(g)) << g.name;
  const auto unknown = tree->remember({"gone"}, {now, wall});
  ASSERT_EQ(unknown.services.size(), 1U);
  EXPECT_TRUE(is_blank(unknown.services[0]));
  failed("a");
  EXPECT_FALSE(is_blank(left().services[0]));
  EXPECT_FALSE(is_blank(left().groups[0]));
}

} // namespace
} // namespace reeve
