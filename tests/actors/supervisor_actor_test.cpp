#include "actors/caf/exit_reason.hpp"
#include "tests/actors/support/captured_log.hpp"
#include "tests/actors/support/supervisor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <stdexcept>

namespace reeve::actors {

namespace {

using namespace test;
using names = std::vector<std::string>;

TEST_F(supervisor_test, stops_in_reverse_order_when_told_to) {
  begin(group(strategy::one_for_one, {child("a"), child("b"), child("c")}));
  EXPECT_EQ(happened(), (names{"start a", "start b", "start c"}));
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  run();
  EXPECT_EQ(happened(), (names{"stop c", "stop b", "stop a"}));
  auto reason = root_end();
  ASSERT_TRUE(reason);
  EXPECT_EQ(kind_of(*reason), exit_kind::normal);
}

TEST_F(supervisor_test, waits_for_a_child_and_kills_it_when_its_time_is_over) {
  auto slow = child("b");
  slow.shutdown = 2s;
  begin(group(strategy::one_for_one, {child("a"), slow, child("c")}));
  tell("b", deaf::value);
  happened();
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  run();
  EXPECT_EQ(happened(), (names{"stop c", "ask b"}));
  advance(1999ms);
  EXPECT_EQ(happened(), names{});
  EXPECT_FALSE(root_end());
  advance(1ms);
  EXPECT_EQ(happened(), (names{"stop a"}));
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, gives_each_hanging_child_its_own_time) {
  auto first = child("a");
  first.shutdown = 1s;
  auto second = child("b");
  second.shutdown = 7s;
  begin(group(strategy::one_for_one, {first, second}));
  tell("a", deaf::value);
  tell("b", deaf::value);
  happened();
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  advance(6999ms);
  EXPECT_EQ(happened(), (names{"ask b"}));
  advance(1ms);
  EXPECT_EQ(happened(), (names{"ask a"}));
  advance(999ms);
  EXPECT_FALSE(root_end());
  advance(1ms);
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, waits_for_ever_where_no_time_is_set) {
  auto patient = child("a");
  patient.shutdown.reset();
  begin(group(strategy::one_for_one, {patient}));
  tell("a", deaf::value);
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  advance(24h);
  EXPECT_FALSE(root_end());
  caf::anon_send_exit(started_["a"], caf::exit_reason::kill);
  run();
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, can_be_told_to_stop_while_it_restarts) {
  auto slow = child("b");
  slow.shutdown = 2s;
  begin(group(strategy::rest_for_one, {child("a"), slow, child("c")}));
  tell("b", deaf::value);
  happened();
  tell("a", crash::value);
  EXPECT_EQ(happened(), (names{"stop c", "ask b"}));
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  run();
  advance(2s);
  EXPECT_EQ(happened(), names{}) << "b is killed, a is dead already, nothing starts";
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, a_failing_start_is_tried_again_and_counted) {
  begin(group(strategy::one_for_one, {child("a"), child("b")}, 3));
  happened();
  failing_["a"] = 2;
  tell("a", crash::value);
  EXPECT_EQ(happened(), (names{"fail a", "fail a", "start a"}));
  EXPECT_EQ(respawned_["a"], 1);
  tell("a", crash::value);
  EXPECT_EQ(happened(), (names{"stop b"})) << "the failed starts counted in the window";
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, a_start_that_always_fails_ends_the_supervisor) {
  failing_["b"] = 100;
  begin(group(strategy::one_for_one, {child("a"), child("b"), child("c")}, 2));
  EXPECT_EQ(happened(),
            (names{"start a", "fail b", "start c", "fail b", "fail b", "stop c", "stop a"}));
  auto reason = root_end();
  ASSERT_TRUE(reason);
  EXPECT_EQ(kind_of(*reason), exit_kind::normal);
}

TEST_F(supervisor_test, what_depends_on_a_failed_start_waits_for_it) {
  failing_["b"] = 1;
  begin(group(strategy::rest_for_one, {child("a"), child("b"), child("c")}, 2));
  EXPECT_EQ(happened(), (names{"start a", "fail b", "start b", "start c"}));
}

TEST_F(supervisor_test, a_start_that_returns_nobody_has_failed) {
  auto nobody = child("a");
  nobody.start = [](caf::local_actor&) { return caf::actor{}; };
  begin(group(strategy::one_for_one, {nobody}, 1));
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, an_exception_while_a_child_begins_is_a_crash) {
  auto broken = child("a");
  auto starts = 0;
  broken.start = [&](caf::local_actor& self) {
    ++starts;
    return self.spawn([](caf::event_based_actor* actor) -> caf::behavior {
      set_handlers(actor, "broken");
      throw std::runtime_error("at birth");
    });
  };
  begin(group(strategy::one_for_one, {broken}, 4));
  EXPECT_EQ(starts, 5);
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, the_window_slides) {
  begin(group(strategy::one_for_one, {child("a")}, 1, 10s));
  tell("a", crash::value);
  advance(10'001ms);
  tell("a", crash::value);
  EXPECT_FALSE(root_end());
  advance(9s);
  tell("a", crash::value);
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, an_exhausted_group_fails_as_a_child_of_its_parent) {
  auto inner = supervisor_child("inner", [this] {
    return group(strategy::one_for_one, {child("m"), child("n")}, 0);
  });
  begin(group(strategy::rest_for_one, {child("a"), inner, child("z")}, 1));
  EXPECT_EQ(happened(), (names{"start a", "start m", "start n", "start z"}));
  tell("m", crash::value);
  EXPECT_EQ(happened(), (names{"stop n", "stop z", "start m", "start n", "start z"}));
  EXPECT_EQ(respawned_["inner"], 1);
  tell("n", crash::value);
  EXPECT_EQ(happened(), (names{"stop m", "stop z", "stop a"}));
  EXPECT_TRUE(root_end());
}

TEST_F(supervisor_test, a_group_that_is_stopped_stops_its_children_first) {
  auto inner = supervisor_child("inner", [this] {
    return group(strategy::one_for_one, {child("m"), child("n")});
  });
  begin(group(strategy::one_for_all, {child("a"), inner, child("z")}));
  happened();
  tell("a", crash::value);
  EXPECT_EQ(happened(),
            (names{"stop z", "stop n", "stop m", "start a", "start m", "start n", "start z"}));
}

TEST_F(supervisor_test, nobody_is_left_behind_when_it_is_killed) {
  begin(group(strategy::one_for_one, {child("a"), child("b")}));
  happened();
  caf::anon_send_exit(root_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(happened().size(), 2u);
  EXPECT_EQ(kind_of(root_end().value()), exit_kind::crash);
}

TEST_F(supervisor_test, children_come_and_go) {
  begin(group(strategy::one_for_one, {child("a")}));
  caf::anon_send(root_, add_child{child("b")});
  caf::anon_send(root_, add_child{child("b")});
  run();
  EXPECT_EQ(happened(), (names{"start a", "start b"})) << "a name is used once";
  caf::anon_send(root_, remove_child{"a"});
  caf::anon_send(root_, remove_child{"nobody"});
  caf::anon_send(root_, add_child{child("a")});
  run();
  EXPECT_EQ(happened(), (names{"stop a", "start a"}));
  tell("b", crash::value);
  caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  run();
  EXPECT_EQ(happened(), (names{"start b", "stop a", "stop b"})) << "a is the youngest";
}

TEST_F(supervisor_test, a_removed_child_takes_no_part_in_plans) {
  begin(group(strategy::one_for_all, {child("a"), child("b"), child("c")}));
  caf::anon_send(root_, remove_child{"b"});
  run();
  happened();
  tell("a", crash::value);
  EXPECT_EQ(happened(), (names{"stop c", "start a", "start c"}));
  EXPECT_EQ(tree().children.size(), 2u);
}

TEST_F(supervisor_test, a_removed_child_is_not_started_again_by_a_late_retry) {
  begin(group(strategy::one_for_one, {child("a"), child("b")}, 50));
  happened();
  failing_["a"] = 1;
  caf::anon_send(started_["a"], crash::value);
  caf::anon_send(root_, remove_child{"a"});
  run();
  auto starts = happened();
  EXPECT_EQ(std::count(starts.begin(), starts.end(), "start a"), 0);
  EXPECT_EQ(tree().children.size(), 1u);
}

TEST_F(supervisor_test, the_tree_tells_names_strategies_and_respawns_at_all_levels) {
  auto inner = supervisor_child("inner", [this] {
    return group(strategy::one_for_all, {child("m"), child("n")});
  });
  begin(group(strategy::rest_for_one, {child("a"), inner, child("t", restart_type::temporary)}));
  tell("m", crash::value);
  tell("m", crash::value);
  tell("t", end::value);
  auto root = tree();
  EXPECT_EQ(root.name, "root");
  EXPECT_EQ(root.strategy, strategy::rest_for_one);
  ASSERT_EQ(root.children.size(), 3u);
  EXPECT_EQ(root.children[0].name, "a");
  EXPECT_EQ(root.children[0].respawns, 0);
  EXPECT_FALSE(root.children[0].strategy);
  EXPECT_FALSE(root.children[2].alive);
  const auto& below = root.children[1];
  EXPECT_EQ(below.name, "inner");
  EXPECT_EQ(below.strategy, strategy::one_for_all);
  ASSERT_EQ(below.children.size(), 2u);
  EXPECT_EQ(below.children[0].respawns, 2);
  EXPECT_EQ(below.children[1].respawns, 2);
  EXPECT_EQ(respawned_["m"], 2);
}

TEST_F(supervisor_test, ten_thousand_children_are_started_without_holding_the_thread) {
  std::vector<child_spec> many;
  for (auto i = 0; i < 10'000; ++i)
    many.push_back(child("c" + std::to_string(i)));
  root_ = spawn_supervisor(system_, group(strategy::one_for_one, std::move(many), 1000, 1h));
  self_->monitor(root_);
  scheduler_.run_once(); // begins
  while (log_.size() < 10'000) {
    auto before = log_.size();
    scheduler_.run_once();
    ASSERT_LE(log_.size() - before, 100u);
  }
  run();
  happened();
  for (auto i = 0; i < 1000; ++i)
    tell("c" + std::to_string(i), crash::value);
  EXPECT_EQ(happened().size(), 1000u);
  for (auto i = 0; i < 10'000; ++i)
    caf::anon_send(root_, remove_child{"c" + std::to_string(i)});
  run();
  EXPECT_EQ(happened().size(), 10'000u);
  EXPECT_TRUE(tree().children.empty());
}

TEST_F(supervisor_test, what_a_child_died_of_is_in_the_log) {
  captured_log logged;
  begin(group(strategy::one_for_one, {child("a")}));
  tell("a", crash::value);
  EXPECT_NE(logged.text().find("root: a ended: told to"), std::string::npos) << logged.text();
}

TEST(exit_reason, tells_the_ends_apart) {
  EXPECT_EQ(kind_of({}), exit_kind::normal);
  EXPECT_EQ(kind_of(caf::exit_reason::user_shutdown), exit_kind::normal);
  EXPECT_EQ(kind_of(caf::exit_reason::kill), exit_kind::crash);
  EXPECT_EQ(kind_of(caf::sec::runtime_error), exit_kind::crash);
  EXPECT_EQ(describe({}), "ended normally");
  EXPECT_EQ(describe(caf::make_error(caf::sec::runtime_error, "no disk")), "no disk");
  EXPECT_EQ(describe(caf::sec::request_timeout), "request timeout");
  EXPECT_EQ(describe(caf::exit_reason::out_of_workers), "out of workers");
}

} // namespace

} // namespace reeve::actors
