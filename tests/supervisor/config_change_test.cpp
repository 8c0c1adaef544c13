#include "supervisor/specs/config_change.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace reeve {

namespace {

daemon_spec spec_of(const std::vector<std::string>& names) {
  daemon_spec spec;
  for (const auto& name : names) {
    spec.services.push_back({.name = name});
    spec.tree.children.emplace_back(name);
  }
  return spec;
}

TEST(a_config_change, names_what_is_new_changed_and_removed) {
  const auto before = spec_of({"a", "b", "d"});
  auto now = spec_of({"a", "b", "c"});
  now.services[1].description = "another";
  now.tree = before.tree;
  EXPECT_EQ(what_changed(before, now), "3 services; new: c; changed: b; removed: d");
  EXPECT_EQ(missing_now(before, now), "d");
  EXPECT_EQ(missing_now(now, before), "c");
}

TEST(a_config_change, of_nothing_says_so) {
  const auto same = spec_of({"a"});
  EXPECT_EQ(what_changed(same, same), "1 service; nothing changed");
  EXPECT_EQ(missing_now(same, same), "");
  EXPECT_EQ(what_needs_a_restart(same, same), "");
}

TEST(a_config_change, of_the_tree_alone_is_one) {
  const auto before = spec_of({"a"});
  for (const auto& change : std::vector<std::function<void(daemon_spec&)>>{
         [](daemon_spec& s) { s.tree.cooldown *= 2; },
         [](daemon_spec& s) { s.budget = budget_spec{}; },
         [](daemon_spec& s) { s.hold = pressure_limits{}; }}) {
    auto now = before;
    change(now);
    EXPECT_EQ(what_changed(before, now), "1 service; the tree changed");
    EXPECT_EQ(what_needs_a_restart(before, now), "");
  }
}

TEST(a_config_change, names_each_key_that_is_read_at_the_start_only) {
  const daemon_spec before;
  using change = std::function<void(daemon_spec&)>;
  for (const auto& [key, apply] : std::vector<std::pair<std::string, change>>{
         {"server.listen", [](auto& s) { s.server.listen.clear(); }},
         {"server.health", [](auto& s) { s.server.fail_on = health::degraded; }},
         {"server.token_file", [](auto& s) { s.server.token_file = "/token"; }},
         {"server.orders", [](auto& s) { s.server.orders = order_access::none; }},
         {"docker.socket", [](auto& s) { s.docker.socket = "/other.sock"; }},
         {"metrics.prefix", [](auto& s) { s.metrics_prefix = "other"; }}}) {
    auto now = before;
    apply(now);
    EXPECT_EQ(what_needs_a_restart(before, now), key);
  }
  auto two = before;
  two.docker.socket = "/other.sock";
  two.server.orders = order_access::none;
  EXPECT_EQ(what_needs_a_restart(before, two), "server.orders, docker.socket");
}

} // namespace

} // namespace reeve
