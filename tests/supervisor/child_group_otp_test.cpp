#include "supervisor/restarts/child_group.hpp"
#include "tests/supervisor/otp_trace.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>

namespace reeve {
namespace {

/// A tree of groups whose stops and starts succeed at once: what OTP's supervisor
/// processes do with the decisions, without the processes.
class group_tree {
public:
  explicit group_tree(const nlohmann::json& spec) : root_{spec, nullptr, 0, {}, {}} {
    start(root_);
  }

  bool is_alive(const std::string& leaf) const {
    return leaves_.contains(leaf);
  }
  bool root_lives() const {
    return root_.group.has_value();
  }
  std::vector<std::string> take_actions() {
    return std::exchange(actions_, {});
  }

  void end(const std::string& leaf, exit_kind how, mono_time now) {
    auto& dead = *leaves_.at(leaf);
    leaves_.erase(leaf);
    child_ended(*dead.parent, dead.index, how, now);
  }

private:
  struct node {
    const nlohmann::json& spec;
    node* parent;
    std::size_t index;
    std::optional<child_group> group;
    std::vector<std::unique_ptr<node>> children;
  };

  void child_ended(node& n, std::size_t index, exit_kind how, mono_time now) {
    const auto decision = n.group->ended(index, how, now);
    for (const auto i : decision.plan.stops)
      stop(*n.children[i]);
    for (const auto i : decision.plan.starts)
      start(*n.children[i]);
    if (decision.what != child_group::answer::exhausted)
      return;
    n.group.reset();
    if (n.parent)
      child_ended(*n.parent, n.index, exit_kind::normal, now);
    else
      actions_.push_back("stop root");
  }

  void start(node& n) {
    if (!n.spec.contains("children")) {
      actions_.push_back("start " + name(n));
      leaves_[name(n)] = &n;
      return;
    }
    n.children.clear();
    n.group.emplace(otp::strategy_of(n.spec), otp::intensity_of(n.spec));
    for (const auto& child : n.spec["children"]) {
      const auto index = n.group->add(otp::type_of(child));
      n.children.push_back(std::make_unique<node>(node{child, &n, index, {}, {}}));
      start(*n.children.back());
    }
  }

  void stop(node& n) {
    if (!n.group) {
      actions_.push_back("stop " + name(n));
      leaves_.erase(name(n));
      return;
    }
    for (const auto i : n.group->shutdown_order())
      stop(*n.children[i]);
    n.group.reset();
  }

  static std::string name(const node& n) {
    return n.spec["id"].get<std::string>();
  }

  node root_;
  std::map<std::string, node*> leaves_;
  std::vector<std::string> actions_;
};

TEST(child_group, does_what_otp_did_in_150_scenarios) {
  const auto scenarios = otp::all_scenarios();
  ASSERT_EQ(scenarios.size(), 150U);
  for (const auto& scenario : scenarios) {
    SCOPED_TRACE("seed " + std::to_string(scenario.seed));
    group_tree tree{scenario.tree};
    EXPECT_EQ(tree.take_actions(), scenario.boot);
    for (const auto& step : scenario.steps) {
      SCOPED_TRACE(step.child + " at " + std::to_string(step.at.count()) + " ms");
      ASSERT_EQ(tree.is_alive(step.child), step.is_delivered);
      if (step.is_delivered)
        tree.end(step.child, step.is_normal ? exit_kind::normal : exit_kind::crash,
                 mono_time{} + step.at);
      ASSERT_EQ(tree.take_actions(), step.actions);
    }
    EXPECT_EQ(tree.root_lives(), scenario.root_lives);
  }
}

} // namespace
} // namespace reeve
