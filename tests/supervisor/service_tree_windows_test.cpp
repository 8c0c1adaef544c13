// Whose window a restart counts in.
#include "tests/supervisor/another_reeve.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

struct windows : another_reeve {
  windows() {
    spec.tree.intensity_is_written = false;
  }

  static service_spec allowed(int restarts, service_spec s) {
    s.restart.intensity = {restarts, 10min};
    return s;
  }

  static group_spec group(std::vector<std::variant<std::string, group_spec>> children) {
    group_spec g;
    g.name = "app";
    g.intensity = {3, 5min};
    g.intensity_is_written = false;
    g.children = std::move(children);
    return g;
  }

  std::optional<window_view> own_window_of(const std::string& name) {
    for (const auto& child : tree->view(now).children)
      if (const auto* s = std::get_if<service_view>(&child); s && s->name == name)
        return s->window;
    return {};
  }
};

TEST_F(windows, are_each_services_own_unless_somebody_wrote_one_for_the_group) {
  begin({allowed(2, process("loop")), allowed(2, process("calm"))});
  crash("loop", 2);
  EXPECT_EQ(failed("loop"), texts{"give_up loop"});
  EXPECT_EQ(at("loop").reason, "broke; more than 2 restarts within 10m");
  EXPECT_EQ(failed("calm"), texts{"start calm"});
  EXPECT_EQ(at("calm").restarts_in_window, 1);
  EXPECT_EQ(at("calm").limit, (intensity{2, 10min}));
  EXPECT_FALSE(at("calm").shares_window);
}

TEST_F(windows, may_have_another_limit_for_each_service) {
  begin({allowed(0, process("a")), allowed(3, process("b"))});
  EXPECT_EQ(failed("a"), texts{"give_up a"});
  crash("b", 3);
  EXPECT_EQ(failed("b"), texts{"give_up b"});
}

TEST_F(windows, of_a_group_that_says_so_count_for_all_its_members_and_theirs_do_not) {
  spec.tree.intensity = {2, 1min};
  spec.tree.intensity_is_written = true;
  begin({allowed(0, process("a")), allowed(100, process("b"))});
  crash("a", 1);
  crash("b", 1);
  EXPECT_EQ(failed("b"), texts{"give_up b"});
  EXPECT_EQ(at("b").reason,
            "broke; more than 2 restarts within 1m in group 'root' (2 of b, 1 of a)");
  EXPECT_EQ(at("b").limit, (intensity{2, 1min}));
  EXPECT_TRUE(at("a").shares_window);
}

TEST_F(windows, of_a_group_whose_strategy_ties_its_members_count_for_all) {
  for (const auto s : {strategy::one_for_all, strategy::rest_for_one}) {
    spec.tree.strategy = s;
    begin({allowed(0, process("a")), allowed(0, process("b"))});
    EXPECT_NE(failed("b"), texts{"give_up b"});
    EXPECT_TRUE(at("b").shares_window);
    EXPECT_EQ(at("b").limit, (intensity{5, 10min}));
  }
}

TEST_F(windows, exhausted_by_one_service_escalate_its_group) {
  auto g = group({"b", "c"});
  g.on_exhausted = on_exhausted::escalate;
  spec.tree.children = {"a", g};
  begin({process("a"), allowed(1, process("b")), allowed(1, process("c"))});
  crash("b", 1);
  EXPECT_EQ(failed("c"), texts{"start c"}) << "its own is not exhausted";
  started("c");
  EXPECT_EQ(failed("b"), (texts{"escalate app", "stop c"}));
  EXPECT_EQ(at("c").reason,
            "group 'app' is exhausted: more than 1 restart within 10m; 'b' failed: broke");
  stopped("c");
  started("b"), started("c");
  EXPECT_EQ(at("c").restarts_in_window, 0) << "a group that was restarted begins anew";
}

TEST_F(windows, of_two_groups_that_escalate_are_their_own) {
  spec.tree.intensity = {1, 10min};
  spec.tree.on_exhausted = on_exhausted::give_up;
  auto one = group({"a"});
  auto other = group({"b"});
  other.name = "other";
  one.on_exhausted = other.on_exhausted = on_exhausted::escalate;
  spec.tree.children = {one, other};
  begin({allowed(0, process("a")), allowed(0, process("b"))});
  EXPECT_EQ(failed("a"), (texts{"escalate app", "start a"}));
  started("a");
  EXPECT_EQ(failed("a"), (texts{"escalate app", "give_up a"}));
  EXPECT_EQ(at("a").reason,
            "group 'app' is exhausted: more than 0 restarts within 10m; 'a' failed: "
            "broke; more than 1 restart within 10m of group 'app'");
  EXPECT_EQ(failed("b"), (texts{"escalate other", "start b"}));
}

TEST_F(windows, are_cleared_by_a_person_for_the_one_service) {
  begin({allowed(1, process("a")), allowed(1, process("b"))});
  crash("a", 1);
  crash("b", 1);
  person(order::restart, "a");
  stopped("a"), started("a");
  EXPECT_EQ(at("a").restarts_in_window, 0);
  EXPECT_EQ(at("b").restarts_in_window, 1);
}

TEST_F(windows, outlive_reeve) {
  auto escalating = group({"b"});
  escalating.on_exhausted = on_exhausted::escalate;
  auto sharing = group({"c"});
  sharing.name = "sharing";
  sharing.intensity_is_written = true;
  spec.tree.intensity = {1, 10min};
  spec.tree.children = {"a", escalating, sharing};
  begin({allowed(2, process("a")), allowed(0, process("b")), allowed(9, process("c"))});
  crash("a", 2);
  crash("b", 1);
  crash("c", 3);
  is_born(1s);
  started("a"), started("b"), started("c");
  EXPECT_EQ(at("a").restarts_in_window, 2);
  EXPECT_EQ(failed("a"), texts{"give_up a"});
  EXPECT_EQ(failed("b"), (texts{"escalate app", "give_up b"}));
  EXPECT_EQ(failed("c"), texts{"give_up c"});
}

TEST_F(windows, that_hold_are_shown) {
  spec.tree.children = {"a", group({"b"})};
  begin({allowed(2, process("a")), process("b"), {.name = "watched"}});
  crash("a", 1);
  EXPECT_FALSE(tree->view(now).window);
  ASSERT_TRUE(own_window_of("a"));
  EXPECT_EQ(own_window_of("a")->intensity, (intensity{2, 10min}));
  EXPECT_EQ(own_window_of("a")->restarts, 1);
  EXPECT_FALSE(own_window_of("watched"));
  crash("a", 1);
  failed("a");
  EXPECT_EQ(own_window_of("a")->restarts, 2) << "without the refused one";
}

TEST_F(windows, are_named_in_what_explain_shows) {
  spec.tree.children = {"a", group({"b"})};
  std::get<group_spec>(spec.tree.children[1]).intensity_is_written = true;
  begin({process("a", 1s), process("b", 1s)});
  const auto numbers_of = [&](const std::string& name) {
    tree->take_news();
    failed(name);
    for (const auto& news : tree->take_news())
      if (const auto* d = std::get_if<decision>(&news); d && d->what == decision::kind::wait)
        return d->numbers;
    return std::string{};
  };
  EXPECT_EQ(numbers_of("a"), "restart 1 of 5 in 10m; delay 1 s = 1 s");
  EXPECT_EQ(numbers_of("b"), "restart 1 of 3 in 5m in group 'app'; delay 1 s = 1 s");
}

} // namespace
} // namespace reeve
