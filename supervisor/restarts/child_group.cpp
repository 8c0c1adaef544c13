#include "supervisor/restarts/child_group.hpp"

namespace reeve {

child_group::child_group(strategy s, intensity i) : strategy_{s}, intensity_{i} {
}

std::size_t child_group::add(restart_type type) {
  children_.push_back({type});
  return children_.size() - 1;
}

child_group::decision child_group::ended(std::size_t index, exit_kind how, mono_time now) {
  auto& child = children_[index];
  if (!child.alive)
    return {};
  child.alive = false;
  if (!wants_restart(child.type, how == exit_kind::normal))
    return {};
  return decide(index, now);
}

child_group::decision child_group::start_failed(std::size_t index, mono_time now) {
  children_[index].alive = false;
  if (strategy_ != strategy::one_for_one)
    for (std::size_t i = index; i < children_.size(); ++i)
      children_[i].alive = false;
  return decide(index, now);
}

child_group::decision child_group::decide(std::size_t index, mono_time now) {
  decision d;
  if (!window_.admit(intensity_, now)) {
    d.what = answer::exhausted;
    d.plan.stops = shutdown_order();
    for (auto& child : children_)
      child.alive = false;
    return d;
  }
  std::vector<member> members;
  for (const auto& child : children_)
    members.push_back({child.alive, child.type != restart_type::temporary});
  d.what = answer::restart;
  d.plan = plan_restart(strategy_, members, index);
  for (const auto stopped : d.plan.stops)
    children_[stopped].alive = false;
  for (const auto started : d.plan.starts)
    children_[started].alive = true;
  return d;
}

std::vector<std::size_t> child_group::shutdown_order() const {
  std::vector<std::size_t> order;
  for (std::size_t i = children_.size(); i-- > 0;)
    if (children_[i].alive)
      order.push_back(i);
  return order;
}

int child_group::restarts_in_window(mono_time now) const {
  return window_.count(intensity_, now);
}

} // namespace reeve
