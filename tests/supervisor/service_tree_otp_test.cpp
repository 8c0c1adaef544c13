#include "supervisor/tree/service_tree.hpp"
#include "tests/supervisor/otp_trace.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <set>

namespace reeve {
namespace {

group_spec group_from(const nlohmann::json& node, std::vector<service_spec>& services) {
  group_spec group;
  group.name = node["id"];
  group.strategy = otp::strategy_of(node);
  group.intensity = otp::intensity_of(node);
  group.on_exhausted = on_exhausted::escalate;
  group.type = otp::type_of(node);
  for (const auto& child : node["children"]) {
    if (child.contains("children")) {
      group.children.emplace_back(group_from(child, services));
      continue;
    }
    service_spec s;
    s.name = child["id"];
    s.restart.target = process_spec{{"true"}, {}, {}, 15, {}};
    s.restart.type = otp::type_of(child);
    s.restart.backoff.none = true;
    group.children.emplace_back(s.name);
    services.push_back(s);
  }
  return group;
}

daemon_spec daemon_from(const otp::scenario& scenario) {
  daemon_spec spec;
  spec.tree = group_from(scenario.tree, spec.services);
  return spec;
}

/// Carries out every action at once and writes it down as OTP's trace does.
class obedient_world {
public:
  explicit obedient_world(service_tree& tree) : tree_{tree} {
  }

  std::vector<std::string> obey(service_tree::actions ordered, mono_time now) {
    std::vector<std::string> done;
    std::deque<tree_action> open{ordered.begin(), ordered.end()};
    while (!open.empty()) {
      const auto action = open.front();
      open.pop_front();
      service_tree::actions more;
      if (action.what == tree_action::kind::stop) {
        done.push_back("stop " + action.name);
        alive.erase(action.name);
        more = tree_.stopped(action.name, now);
      } else if (action.what == tree_action::kind::start) {
        done.push_back("start " + action.name);
        alive.insert(action.name);
        more = tree_.started(action.name, now);
      } else if (action.what == tree_action::kind::exit) {
        done.push_back("stop " + action.name);
        exited = true;
      }
      EXPECT_NE(action.what, tree_action::kind::restart) << "of what is dead";
      open.insert(open.begin(), more.begin(), more.end()); // an answer comes before the next
    }
    return done;
  }

  std::set<std::string> alive;
  bool exited = false;

private:
  service_tree& tree_;
};

TEST(service_tree, does_what_otp_did_in_150_scenarios) {
  const auto scenarios = otp::all_scenarios();
  ASSERT_EQ(scenarios.size(), 150U);
  for (const auto& scenario : scenarios) {
    SCOPED_TRACE("seed " + std::to_string(scenario.seed));
    service_tree tree{daemon_from(scenario), mono_time{}};
    obedient_world world{tree};
    EXPECT_EQ(world.obey(tree.boot(mono_time{}), mono_time{}), scenario.boot);
    for (const auto& step : scenario.steps) {
      SCOPED_TRACE(step.child + " at " + std::to_string(step.at.count()) + " ms");
      const auto now = mono_time{} + step.at;
      ASSERT_EQ(world.alive.erase(step.child) > 0, step.is_delivered);
      const auto incarnation = tree.supervision_of(step.child, now).incarnation;
      const service_tree::failure f{"ended", false, step.is_normal, std::nullopt};
      ASSERT_EQ(world.obey(tree.failed(step.child, incarnation, f, now, 0), now), step.actions);
    }
    EXPECT_EQ(world.exited, !scenario.root_lives);
  }
}

} // namespace
} // namespace reeve
