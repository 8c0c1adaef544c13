// What happens when a window admits no more restarts.
#include "supervisor/tree/service_tree.hpp"
#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

// -- giving up ----------------------------------------------------------------

struct giving_up : tree_fixture {
  giving_up() {
    spec.tree.intensity = {1, 10min};
    spec.tree.cooldown = 5min;
  }
};

TEST_F(giving_up, gives_up_the_one_service_and_leaves_its_siblings) {
  spec.tree.strategy = strategy::one_for_all;
  begin({container("a"), container("b")});
  EXPECT_EQ(sick("a"), (texts{"stop b"}));
  stopped("b");
  stopped("a");
  started("a");
  started("b");
  EXPECT_EQ(sick("a"), (texts{"give_up a"}));
  EXPECT_EQ(at("a").reason, "broke; more than 1 restart within 10m in group 'root'");
  EXPECT_EQ(state("b"), supervision::running);
  EXPECT_EQ(at("a").next_restart, now + 5min);
}

TEST_F(giving_up, names_the_group_whose_restarts_were_too_many) {
  spec.tree.intensity = {2, 1min};
  begin({process("a"), process("b")});
  for (const auto* name : {"a", "b"}) {
    failed(name);
    started(name);
  }
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(at("a").reason,
            "broke; more than 2 restarts within 1m in group 'root' (2 of a, 1 of b)");
}

TEST_F(giving_up, shows_no_more_restarts_of_a_group_than_were_allowed) {
  begin({process("a")});
  failed("a");
  started("a");
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(tree->view(now).window->restarts, 1);
}

TEST_F(giving_up, tries_carefully_after_the_cooldown_without_counting) {
  begin({container("a")});
  sick("a");
  started("a");
  sick("a");
  EXPECT_EQ(after(5min), (texts{"restart a"}));
  EXPECT_EQ(last.cause, restart_cause::cooldown);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(at("a").restarts_in_window, 2);
  now += 11min;
  EXPECT_EQ(sick("a"), (texts{"give_up a"})) << "though the window has room";
  EXPECT_EQ(after(5min), (texts{"restart a"}));
  EXPECT_EQ(start_failed("a"), (texts{"give_up a"}));
  after(5min);
  started("a");
  recovered("a");
  now += 1h;
  EXPECT_EQ(failed("a", true, false, now), (texts{"restart a"})) << "a stable run ended the trial";
}

TEST_F(giving_up, waits_for_a_person_without_a_cooldown) {
  spec.tree.cooldown = 0ms;
  begin({process("a")});
  failed("a");
  started("a");
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
  EXPECT_EQ(tree->next_due(), std::nullopt);
  EXPECT_EQ(person(order::restart, "a"), (texts{"start a"}));
  started("a");
  EXPECT_EQ(at("a").restarts_in_window, 0);
  EXPECT_EQ(failed("a"), (texts{"start a"}));
}

TEST_F(giving_up, takes_back_what_healed_by_itself) {
  begin({container("a")});
  sick("a");
  started("a");
  sick("a");
  EXPECT_EQ(recovered("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(sick("a"), (texts{"give_up a"}));
}

TEST_F(giving_up, of_intensity_zero_comes_with_the_first_failure) {
  spec.tree.intensity.restarts = 0;
  begin({process("a")});
  EXPECT_EQ(failed("a"), (texts{"give_up a"}));
}

// -- escalation ---------------------------------------------------------------

struct escalation : tree_fixture {
  group_spec app(restart_type type = restart_type::permanent) {
    group_spec g;
    g.name = "app";
    g.intensity = {0, 10min};
    g.on_exhausted = on_exhausted::escalate;
    g.type = type;
    g.children = {"b", "c"};
    return g;
  }
};

TEST_F(escalation, stops_the_group_and_restarts_it_as_a_child_of_its_parent) {
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b", 2s), process("c"), process("d")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "wait b 2000", "stop c"}));
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(state("b"), supervision::waiting);
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(at("c").next_restart, now + 2s);
  EXPECT_EQ(at("c").reason,
            "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke");
  EXPECT_EQ(tree->view(now).window->restarts, 1);
  EXPECT_EQ(after(2s), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
  EXPECT_EQ(state("d"), supervision::running);
}

TEST_F(escalation, shows_who_is_only_stopped_as_waiting_with_the_time_of_the_restart) {
  spec.tree.children = {app()};
  begin({process("b", 2s), process("c")});
  failed("b");
  for (const auto* name : {"b", "c"}) {
    EXPECT_EQ(state(name), supervision::waiting) << "while c is being stopped";
    EXPECT_EQ(at(name).next_restart, now + 2s);
  }
  EXPECT_EQ(failed("c"), texts{}) << "dead before it was stopped";
  EXPECT_EQ(state("c"), supervision::waiting);
  EXPECT_EQ(person(order::restart, "c"),
            (texts{"'c' is still being stopped: try again when it is"}));
  EXPECT_EQ(stopped("c"), texts{});
  EXPECT_EQ(after(2s), (texts{"start b"}));
  EXPECT_EQ(state("c"), supervision::restarting);
}

TEST_F(escalation, shows_who_is_only_stopped_as_given_up_with_the_time_of_the_careful_try) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  spec.tree.children = {app()};
  begin({process("b"), container("c")});
  failed("b");
  EXPECT_EQ(recovered("c"), texts{}) << "good news of what is being stopped";
  for (const auto* name : {"b", "c"}) {
    EXPECT_EQ(state(name), supervision::given_up);
    EXPECT_EQ(at(name).next_restart, now + 1min);
    EXPECT_FALSE(at(name).ends_reeve);
    EXPECT_EQ(at(name).reason,
              "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke; more "
              "than 0 restarts within 10m in group 'root'");
  }
  EXPECT_EQ(after(1min), texts{}) << "c is still being stopped";
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c", "start b"}));
}

TEST_F(escalation, follows_the_strategy_of_the_parent) {
  spec.tree.strategy = strategy::rest_for_one;
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b"), process("c"), process("d")});
  EXPECT_EQ(failed("c"), (texts{"escalate app", "stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"stop d"}));
  EXPECT_EQ(stopped("d"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), (texts{"start d"}));
}

TEST_F(escalation, at_the_root_stops_everything_and_ends_reeve) {
  spec.tree.on_exhausted = on_exhausted::escalate;
  spec.tree.intensity = {0, 10min};
  spec.tree.children = {"a", app(), "d"};
  begin({process("a"), process("b"), process("c"), process("d")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "escalate root", "stop c"}));
  for (const auto* name : {"a", "b", "c", "d"}) {
    EXPECT_EQ(state(name), supervision::given_up) << name;
    EXPECT_TRUE(at(name).ends_reeve) << "no person can start it";
  }
  EXPECT_EQ(person(order::restart, "d"), (texts{"everything is being stopped"}));
  EXPECT_EQ(stopped("c"), (texts{"stop d"}));
  EXPECT_EQ(stopped("d"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"exit root"}));
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(escalation, a_group_that_is_not_restarted_is_given_up_as_a_whole) {
  spec.tree.children = {"a", app(restart_type::transient)};
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "stop c"}));
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c"}));
  EXPECT_EQ(
    at("c").reason,
    "group 'app' is exhausted: more than 0 restarts within 10m; 'b' failed: broke; its type "
    "transient leaves it so");
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(escalation, a_refused_group_is_given_up_and_tried_carefully_as_a_whole) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  spec.tree.children = {"a", app()};
  begin({process("a"), process("b"), process("c")});
  failed("b");
  EXPECT_EQ(stopped("c"), (texts{"give_up b", "give_up c"}));
  EXPECT_EQ(at("c").next_restart, now + 1min);
  EXPECT_EQ(after(1min), (texts{"start b"}));
  EXPECT_EQ(last.cause, restart_cause::cooldown);
  EXPECT_EQ(started("b"), (texts{"start c"}));
  started("c");
  EXPECT_EQ(failed("c"), (texts{"escalate app", "stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"give_up b", "give_up c"}));
}

TEST_F(escalation, a_careful_try_that_held_for_long_is_over) {
  spec.tree.intensity = {1, 10min};
  spec.tree.cooldown = 1min;
  for (const int allowed_in_app : {0, 1}) {
    SCOPED_TRACE(allowed_in_app);
    auto group = app();
    group.intensity.restarts = allowed_in_app;
    group.children = {"b"};
    spec.tree.children = {group};
    begin({process("b")});
    while (state("b") != supervision::given_up)
      failed("b"), started("b");
    EXPECT_EQ(after(1min), texts{"start b"}) << "carefully";
    started("b");
    recovered("b");
    after(3h);
    EXPECT_NE(failed("b", false, false, now), (texts{"escalate app", "give_up b"}));
    started("b");
    EXPECT_EQ(failed("b"), (allowed_in_app == 0 ? texts{"escalate app", "give_up b"}
                                                : texts{"escalate app", "start b"}));
    EXPECT_EQ(at("b").reason.find("careful"), std::string::npos) << at("b").reason;
  }
}

TEST_F(escalation, who_a_person_brought_back_is_left_alone_by_the_careful_try) {
  spec.tree.intensity = {0, 10min};
  spec.tree.cooldown = 1min;
  spec.tree.children = {"a", app()};
  begin({process("a"), process("b"), process("c")});
  failed("b"), stopped("c");
  EXPECT_EQ(person(order::restart, "b"), texts{"start b"});
  started("b");
  EXPECT_EQ(state("c"), supervision::given_up);
  EXPECT_EQ(after(1min), texts{"start c"});
  started("c");
  EXPECT_EQ(failed("c"), (texts{"escalate app", "stop b"}));
  stopped("b");
  person(order::restart, "b"), started("b");
  person(order::start, "c"), started("c");
  EXPECT_EQ(after(24h), texts{});
}

TEST_F(escalation, takes_over_the_plans_below_and_waits_for_what_is_in_flight) {
  auto g = app();
  g.intensity = {1, 10min};
  spec.tree.children = {g};
  begin({process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"start b"}));
  EXPECT_EQ(failed("c"), (texts{"escalate app"})) << "b is being started";
  EXPECT_EQ(started("b"), (texts{"stop b"}));
  EXPECT_EQ(stopped("b"), (texts{"start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
  EXPECT_EQ(started("c"), texts{});
}

TEST_F(escalation, temporary_services_come_back_when_their_group_begins_anew) {
  spec.tree.children = {app()};
  begin({process("b"), of_type(process("c"), restart_type::temporary)});
  EXPECT_EQ(failed("c"), (texts{"give_up c"}));
  EXPECT_EQ(failed("b"), (texts{"escalate app", "start b"}));
  EXPECT_EQ(started("b"), (texts{"start c"}));
}

} // namespace
} // namespace reeve
