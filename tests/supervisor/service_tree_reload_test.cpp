#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct reloads : tree_fixture {
  service_spec& service(const std::string& name) {
    for (auto& s : spec.services)
      if (s.name == name)
        return s;
    throw std::runtime_error{name};
  }
  void remove(const std::string& name) {
    std::erase_if(spec.services, [&](const auto& s) { return s.name == name; });
    std::erase_if(spec.tree.children, [&](const auto& c) {
      const auto* child = std::get_if<std::string>(&c);
      return child && *child == name;
    });
  }
  void add(const service_spec& s) {
    spec.services.push_back(s);
    spec.tree.children.emplace_back(s.name);
  }
  static group_spec exhausted_at_once(std::vector<std::string> members) {
    group_spec g;
    g.name = "app";
    g.intensity = {0, 10min};
    g.intensity_is_written = true;
    g.on_exhausted = on_exhausted::escalate;
    for (auto& member : members)
      g.children.emplace_back(std::move(member));
    return g;
  }
  void change(const std::string& name) {
    std::get<process_spec>(service(name).restart.target).command.push_back("--new");
  }
};

TEST_F(reloads, of_the_same_config_do_nothing) {
  begin({process("a", 1s), container("b"), process("c")});
  failed("a");
  failed("b");
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(state("a"), supervision::waiting);
  EXPECT_EQ(at("a").restarts_in_window, 2);
  EXPECT_EQ(after(1s), (texts{"start a"}));
}

TEST_F(reloads, start_new_processes_and_take_other_new_services_as_they_are) {
  begin({process("a")});
  add(process("b"));
  add(container("c"));
  EXPECT_EQ(reload(), (texts{"start b"}));
  EXPECT_EQ(started("b"), texts{});
  EXPECT_EQ(state("c"), supervision::running);
  EXPECT_EQ(at("b").restarts, 0U);
}

TEST_F(reloads, stop_removed_processes_and_leave_removed_containers) {
  begin({process("a"), container("b"), process("c", 1s), process("d")});
  failed("c");
  for (const auto* name : {"a", "b", "c"})
    remove(name);
  EXPECT_EQ(reload(), (texts{"stop a"}));
  EXPECT_EQ(last.cause, restart_cause::reload);
  for (const auto* name : {"a", "b", "c"})
    EXPECT_FALSE(tree->knows(name));
  EXPECT_EQ(stopped("a"), texts{});
  EXPECT_EQ(after(1h), texts{});
  EXPECT_EQ(failed("d"), (texts{"start d"}));
}

TEST_F(reloads, restart_changed_processes_without_counting) {
  begin({process("a"), process("b")});
  change("a");
  service("b").restart.stop_timeout = 20s;
  EXPECT_EQ(reload(), (texts{"restart a"}));
  EXPECT_EQ(last.cause, restart_cause::reload);
  started("a");
  EXPECT_EQ(at("a").restarts_in_window, 0);
}

TEST_F(reloads, try_a_changed_process_that_was_given_up_and_leave_a_stopped_one) {
  spec.tree.intensity = {0, 10min};
  begin({process("a"), process("b")});
  failed("a");
  person(order::stop, "b");
  stopped("b");
  change("a");
  change("b");
  EXPECT_EQ(reload(), (texts{"start a"}));
  started("a");
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(state("b"), supervision::stopped);
}

TEST_F(reloads, change_a_process_after_what_is_in_flight) {
  begin({process("a")});
  failed("a");
  change("a");
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(started("a"), (texts{"restart a"}));
  EXPECT_EQ(started("a"), texts{});
}

TEST_F(reloads, stop_what_was_removed_while_it_was_being_started) {
  begin({process("a"), process("b")});
  failed("a");
  remove("a");
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(started("a"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), texts{});
  EXPECT_EQ(stopped("a"), texts{});
}

TEST_F(reloads, bring_back_what_is_still_being_stopped) {
  begin({process("a"), process("b")});
  const auto with_a = spec;
  remove("a");
  EXPECT_EQ(reload(), (texts{"stop a"}));
  spec = with_a;
  EXPECT_EQ(reload(), texts{});
  EXPECT_TRUE(tree->knows("a"));
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
}

TEST_F(reloads, start_once_what_was_removed_and_is_back_while_it_is_restarted) {
  begin({process("a", 1s), process("b")});
  const auto with_a = spec;
  EXPECT_EQ(person(order::restart, "a"), (texts{"restart a"}));
  remove("a");
  EXPECT_EQ(reload(), texts{});
  spec = with_a;
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(state("a"), supervision::restarting);
  EXPECT_EQ(started("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(reload(), texts{});
}

TEST_F(reloads, hear_a_failed_start_of_what_is_back) {
  begin({process("a", 1s), process("b")});
  const auto with_a = spec;
  person(order::restart, "a");
  remove("a");
  reload();
  spec = with_a;
  reload();
  EXPECT_EQ(start_failed("a"), (texts{"wait a 1000"}));
  EXPECT_EQ(state("a"), supervision::waiting);
}

TEST_F(reloads, restart_again_what_is_back_with_another_command) {
  begin({process("a"), process("b")});
  const auto with_a = spec;
  person(order::restart, "a");
  remove("a");
  reload();
  spec = with_a;
  change("a");
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(started("a"), (texts{"restart a"})) << "what is being started is the old one";
}

TEST_F(reloads, stop_what_is_no_longer_a_process) {
  begin({process("a"), container("b")});
  service("a").restart.target = docker_target{"a"};
  service("b").restart.target = process_spec{{"b"}, {}, {}, 15, {}};
  EXPECT_EQ(reload(), (texts{"stop a", "start b"}));
  EXPECT_EQ(stopped("a"), texts{});
  EXPECT_EQ(state("a"), supervision::running);
  EXPECT_EQ(sick("a"), (texts{"restart a"}));
}

TEST_F(reloads, keep_a_service_that_moves_to_another_group) {
  begin({process("a", 10s), process("b")});
  failed("a");
  group_spec g;
  g.name = "app";
  g.strategy = strategy::one_for_all;
  g.children = {"a", "b"};
  spec.tree.children = {g};
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(at("a").group, "app");
  EXPECT_EQ(after(10s), (texts{"stop b"})) << "by the strategy of the new one";
}

TEST_F(reloads, restart_what_a_removed_group_would_have_brought_back) {
  group_spec g;
  g.name = "app";
  g.intensity = {0, 10min};
  g.on_exhausted = on_exhausted::escalate;
  g.children = {"a", "b"};
  spec.tree.children = {g};
  begin({process("a", 10s), process("b")});
  failed("a");
  stopped("b");
  spec.tree.children = {"a", "b"};
  EXPECT_EQ(reload(), (texts{"start a", "start b"}));
  started("a");
  EXPECT_EQ(started("b"), texts{});
}

TEST_F(reloads, restart_what_they_took_out_of_a_group_that_is_still_stopped_to_be_restarted) {
  spec.tree.children = {exhausted_at_once({"a", "b"})};
  begin({process("a"), process("b")});
  EXPECT_EQ(failed("a"), (texts{"escalate app", "stop b"}));
  spec.tree.children = {exhausted_at_once({"a"}), "b"};
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(stopped("b"), (texts{"start b", "start a"}));
}

TEST_F(reloads, restart_what_is_back_while_its_group_that_is_gone_had_it_stopped) {
  spec.tree.children = {exhausted_at_once({"a", "b"})};
  begin({process("a"), process("b")});
  const auto services = spec.services;
  EXPECT_EQ(failed("a"), (texts{"escalate app", "stop b"}));
  remove("b");
  spec.tree.children = {exhausted_at_once({"a"})};
  reload();
  spec.services = services;
  spec.tree.children = {"a", "b"};
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(stopped("b"), (texts{"start b", "start a"}));
}

TEST_F(reloads, leave_its_careful_try_to_what_they_took_out_of_a_group) {
  spec.tree.intensity = {0, 10min};
  spec.tree.intensity_is_written = true;
  spec.tree.children = {exhausted_at_once({"a", "b", "c"})};
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("a"), (texts{"escalate app", "stop c"}));
  stopped("c");
  spec.tree.children = {exhausted_at_once({"a", "c"}), "b"};
  reload();
  EXPECT_EQ(stopped("b"), (texts{"give_up a", "give_up b", "give_up c"}));
  EXPECT_EQ(at("b").next_restart, now + 10min);
  spec.tree.children = {exhausted_at_once({"a"}), "b", "c"};
  reload();
  EXPECT_EQ(at("c").next_restart, now + 10min);
  EXPECT_EQ(after(10min), (texts{"start a", "start b", "start c"}));
}

TEST_F(reloads, restart_what_waited_for_a_removed_service) {
  spec.tree.strategy = strategy::rest_for_one;
  begin({process("a", 10s), process("b")});
  failed("a");
  after(10s);
  stopped("b");
  start_failed("a");
  EXPECT_EQ(state("b"), supervision::waiting);
  remove("a");
  EXPECT_EQ(reload(), (texts{"start b"}));
}

TEST_F(reloads, let_a_plan_go_on_without_what_was_removed) {
  spec.tree.strategy = strategy::one_for_all;
  begin({process("a"), process("b"), process("c")});
  EXPECT_EQ(failed("b"), (texts{"stop c"}));
  remove("c");
  EXPECT_EQ(reload(), texts{});
  EXPECT_EQ(stopped("c"), (texts{"stop a"}));
  EXPECT_EQ(stopped("a"), (texts{"start a"}));
  EXPECT_EQ(started("a"), (texts{"start b"}));
  EXPECT_EQ(started("b"), texts{});
}

} // namespace
} // namespace reeve
