#include "supervisor/restarts/stop_order.hpp"
#include "tests/supervisor/tree_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

service_spec takes(std::string name, std::chrono::milliseconds stop_timeout,
                   texts depends_on = {}) {
  auto s = process(std::move(name));
  s.restart.stop_timeout = stop_timeout;
  s.depends_on = std::move(depends_on);
  return s;
}

service_spec takes(std::string name, texts depends_on = {}) {
  return takes(std::move(name), 10s, std::move(depends_on));
}

using child = std::variant<std::string, group_spec>;

group_spec group(std::string name, strategy s, std::vector<child> children) {
  group_spec g;
  g.name = std::move(name);
  g.strategy = s;
  g.children = std::move(children);
  return g;
}

daemon_spec config(std::vector<service_spec> services, strategy s = strategy::one_for_one,
                   std::vector<child> children = {}) {
  daemon_spec spec;
  spec.services = std::move(services);
  if (children.empty())
    for (const auto& service : spec.services)
      children.emplace_back(service.name);
  spec.tree = group("root", s, std::move(children));
  return spec;
}

std::set<std::string> all_of(const daemon_spec& spec) {
  std::set<std::string> names;
  for (const auto& service : spec.services)
    names.insert(service.name);
  return names;
}

/// Who is stopped side by side, when each such wave ends at once: "c b, a".
std::string waves(const daemon_spec& spec, const std::set<std::string>& running) {
  stop_order order{spec, running};
  std::string told;
  for (auto ready = order.take_ready(); !ready.empty(); ready = order.take_ready()) {
    std::sort(ready.begin(), ready.end());
    told += told.empty() ? "" : ", ";
    for (const auto& name : ready)
      told += (&name == &ready.front() ? "" : " ") + name;
    for (const auto& name : ready)
      order.ended(name);
  }
  EXPECT_TRUE(order.done());
  EXPECT_EQ(order.waiting(), texts{});
  return told;
}

std::string waves(const daemon_spec& spec) {
  return waves(spec, all_of(spec));
}

TEST(stop_order, stops_what_is_independent_side_by_side) {
  EXPECT_EQ(waves(config({takes("a"), takes("b"), takes("c")})), "a b c");
}

TEST(stop_order, goes_backwards_where_a_strategy_ties) {
  for (const auto s : {strategy::one_for_all, strategy::rest_for_one})
    EXPECT_EQ(waves(config({takes("a"), takes("b"), takes("c")}, s)), "c, b, a");
}

TEST(stop_order, takes_a_group_as_one_child_of_its_parent) {
  const auto inner = group("inner", strategy::one_for_one, {"b", "c"});
  EXPECT_EQ(waves(config({takes("a"), takes("b"), takes("c"), takes("d")}, strategy::rest_for_one,
                         {"a", inner, "d"})),
            "d, b c, a");
  const auto tied = group("tied", strategy::one_for_all, {"b", "c"});
  EXPECT_EQ(waves(config({takes("a"), takes("b"), takes("c"), takes("d")}, strategy::one_for_one,
                         {"a", tied, "d"})),
            "a c d, b");
}

TEST(stop_order, keeps_the_order_across_what_does_not_run) {
  const auto spec = config({takes("a"), takes("b"), takes("c")}, strategy::rest_for_one);
  EXPECT_EQ(waves(spec, {"a", "c"}), "c, a");
  EXPECT_EQ(waves(spec, {}), "");
  const auto empty = group("empty", strategy::one_for_all, {});
  EXPECT_EQ(waves(config({takes("a"), takes("b")}, strategy::rest_for_one, {"a", empty, "b"})),
            "b, a");
}

TEST(stop_order, stops_dependents_before_what_they_depend_on) {
  EXPECT_EQ(waves(config({takes("db"), takes("web", {"db"}), takes("cache"),
                          takes("proxy", {"web", "cache"})})),
            "proxy, cache web, db");
  auto through = config({takes("db"), container("api"), takes("web", {"api"})});
  through.services[1].depends_on = {"db"};
  EXPECT_EQ(waves(through, {"db", "web"}), "web, db") << "also through what Reeve does not stop";
}

TEST(stop_order, lets_the_groups_order_count_where_dependencies_contradict_it) {
  EXPECT_EQ(waves(config({takes("web", {"db"}), takes("db"), takes("other", {"web"})},
                         strategy::rest_for_one)),
            "other, db, web");
  const auto one = group("one", strategy::one_for_all, {"a", "b"});
  const auto two = group("two", strategy::one_for_all, {"c", "d"});
  const auto knot = config({takes("a", {"d"}), takes("b"), takes("c", {"b"}), takes("d")},
                           strategy::one_for_one, {one, two});
  EXPECT_EQ(waves(knot), "d, c, b, a") << "one dependency gives way, not both";
}

TEST(stop_order, waits_for_all_that_it_has_to_and_for_nobody_else) {
  stop_order order{config({takes("db"), takes("a", {"db"}), takes("b", {"db"})}), {"db", "a", "b"}};
  EXPECT_EQ(order.take_ready(), (texts{"a", "b"}));
  EXPECT_EQ(order.take_ready(), texts{}) << "each is told once";
  EXPECT_EQ(order.waiting(), texts{"db"});
  order.ended("db");
  order.ended("nobody");
  order.ended("a");
  order.ended("a");
  EXPECT_EQ(order.take_ready(), texts{});
  order.ended("b");
  EXPECT_EQ(order.take_ready(), texts{"db"});
  EXPECT_FALSE(order.done());
  order.ended("db");
  EXPECT_TRUE(order.done());
}

TEST(stop_order, knows_what_the_config_has_forgotten_as_independent) {
  EXPECT_EQ(waves(config({takes("a"), takes("b")}, strategy::one_for_all), {"a", "b", "removed"}),
            "b removed, a");
}

TEST(stop_order, is_bounded_by_the_longest_chain) {
  const auto longest = [](const daemon_spec& spec) {
    return stop_order{spec, all_of(spec)}.longest_chain();
  };
  EXPECT_EQ(longest(config({takes("a", 10s), takes("b", 7s)})), 10s);
  EXPECT_EQ(longest(config({takes("a", 10s), takes("b", 7s)}, strategy::rest_for_one)), 17s);
  EXPECT_EQ(longest(config({takes("db", 20s), takes("web", 7s, {"db"}), takes("c", 25s)})), 27s);
  const auto tied = group("tied", strategy::one_for_all, {"b", "c"});
  EXPECT_EQ(longest(config({takes("a", 4s), takes("b", 3s), takes("c", 2s)}, strategy::one_for_one,
                           {"a", tied})),
            5s);
  for (const texts& order : {texts{"a", "b"}, texts{"b", "a"}})
    EXPECT_EQ(longest(config({takes("db", 1s), takes(order[0], order[0] == "a" ? 20s : 5s, {"db"}),
                              takes(order[1], order[1] == "a" ? 20s : 5s, {"db"})})),
              21s)
      << "after the slower of two, whichever comes first";
}

TEST(stop_order, grants_what_is_under_way_a_grace_to_end_after_its_time) {
  auto by_command = takes("a", 10s);
  by_command.restart.target = exec_target{{}, {}, {"restart"}};
  EXPECT_EQ(time_to_end(by_command), 10s + operation_grace);
  EXPECT_EQ(time_to_end(takes("a", 10s)), 10s);
  service_spec watched;
  watched.name = "watched";
  EXPECT_EQ(time_to_end(watched), 0s);
  EXPECT_EQ(longest_shutdown(config({watched})), 0s);
  EXPECT_EQ(longest_shutdown(config({watched, takes("a", 10s)})), 12s);
}

} // namespace
} // namespace reeve
