#include "supervisor/restarts/restart_plan.hpp"
#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>

namespace reeve {

namespace {

bool in_start_order(const tree_node* a, const tree_node* b) {
  return a->position < b->position;
}

/// The child group of `outer` in which `s` lies; null: in none.
tree_node* outermost_below(const tree_node& s, const tree_node& outer) {
  auto* at = s.parent;
  while (at && at != &outer && at->parent != &outer)
    at = at->parent;
  return at == &outer ? nullptr : at;
}

/// The highest group above `s` whose strategy ties its children together; null: there is none.
tree_node* outermost_tied(const tree_node& s) {
  tree_node* found = nullptr;
  for (auto* group = s.parent; group; group = group->parent)
    if (group->spec->strategy != strategy::one_for_one)
      found = group;
  return found;
}

bool may_start(const tree_node& s) {
  return is_supervised(s) && can_start(s);
}

/// Orders the starts and makes all of them members.
void complete(tree_plan& p) {
  std::stable_sort(p.starts.begin(), p.starts.end(), in_start_order);
  p.members.assign(p.starts.begin(), p.starts.end());
  p.members.insert(p.members.end(), p.stops.begin(), p.stops.end());
  std::stable_sort(p.members.begin(), p.members.end(), in_start_order);
  p.members.erase(std::unique(p.members.begin(), p.members.end()), p.members.end());
}

/// A plan of a group takes over those of its descendants, and waits for others.
bool is_blocked(const tree_plan& p) {
  return std::any_of(p.members.begin(), p.members.end(), [&](const auto* s) {
    return s->plan && !is_strictly_within(*s->plan->owner, *p.owner);
  });
}

} // namespace

bool is_strictly_within(const tree_node& n, const tree_node& outer) {
  const auto* at = n.parent;
  while (at && at != &outer)
    at = at->parent;
  return at;
}

bool has_target(const tree_node& s) {
  return !std::holds_alternative<std::monostate>(s.restart->target);
}

bool is_process(const tree_node& s) {
  return std::holds_alternative<process_spec>(s.restart->target);
}

bool can_stop(const tree_node& s) {
  const auto* commands = std::get_if<exec_target>(&s.restart->target);
  return commands ? !commands->stop.empty() : has_target(s);
}

bool can_start(const tree_node& s) {
  const auto* commands = std::get_if<exec_target>(&s.restart->target);
  return commands ? !commands->start.empty() || !commands->restart.empty() : has_target(s);
}

bool is_supervised(const tree_node& s) {
  return s.placed && has_target(s) && s.state != supervision::stopped
         && s.state != supervision::paused;
}

/// What no strategy ties together is started side by side, so that nobody waits for a stranger's
/// start; a group that is tied, with all in it, one after another.
void service_tree::state::boot(std::vector<tree_node*> services) {
  std::sort(services.begin(), services.end(), in_start_order);
  std::vector<tree_plan> drawn;
  for (auto* s : services) {
    if (may_start(*s) && !s->plan) {
      auto* tied = outermost_tied(*s);
      if (drawn.empty() || !tied || drawn.back().owner != tied) {
        drawn.emplace_back();
        drawn.back().owner = tied ? tied : s->parent;
        drawn.back().cause = restart_cause::boot;
      }
      drawn.back().starts.push_back(s);
    } else if (s->state == supervision::stopped && s->alive) { // the order came to no end
      order(*s, operation::stop, restart_cause::person, s->reason);
    } else if (s->state == supervision::paused) { // it ran when another Reeve ended, and stays so
      order(*s, operation::start, restart_cause::boot, s->reason);
    }
  }
  for (auto& p : drawn) {
    complete(p);
    launch(std::move(p));
  }
}

/// OTP's restart/2 over the present members of the group of `n`.
tree_plan service_tree::state::draw(tree_node& n) const {
  auto& group = *n.parent;
  if (group.spec->strategy == strategy::one_for_one) {
    auto alone = draw_alone(n, restart_cause::failed, n.reason);
    alone.owner = &group;
    return alone;
  }
  std::vector<member> members(group.children.size(), {false, false});
  std::vector<std::deque<tree_node*>> stops(group.children.size());
  for (auto* child : group.children) {
    collect_stops(*child, stops[child->index]);
    const bool gone = child->type == restart_type::temporary && child != &n;
    members[child->index] = {!stops[child->index].empty(),
                             !gone && (child->is_group || may_start(*child))};
  }
  const auto drawn = plan_restart(group.spec->strategy, members, n.index);
  tree_plan p;
  p.owner = &group;
  p.subject = &n;
  p.cause = restart_cause::failed;
  p.reason = n.reason;
  for (const auto i : drawn.stops)
    p.stops.insert(p.stops.end(), stops[i].begin(), stops[i].end());
  for (const auto i : drawn.starts)
    collect_starts(*group.children[i], p.starts);
  for (const auto i : drawn.starts)
    adopt_waiters(*group.children[i], p);
  complete(p);
  return p;
}

tree_plan service_tree::state::draw_alone(tree_node& n, restart_cause cause,
                                          const std::string& reason) const {
  tree_plan p;
  p.owner = &n;
  p.subject = &n;
  p.cause = cause;
  p.reason = reason;
  collect_stops(n, p.stops);
  collect_starts(n, p.starts);
  adopt_waiters(n, p);
  complete(p);
  return p;
}

void service_tree::state::restart_alone(tree_node& n, restart_cause cause,
                                        const std::string& reason) {
  auto p = draw_alone(n, cause, reason);
  if (!block(p, n))
    launch_for(std::move(p), n);
}

void service_tree::state::collect_stops(tree_node& n, std::deque<tree_node*>& stops) const {
  for (auto child = n.children.rbegin(); child != n.children.rend(); ++child)
    collect_stops(**child, stops);
  const bool may_live = n.alive || n.in_flight != operation::none;
  if (!n.is_group && is_supervised(n) && can_stop(n) && may_live)
    stops.push_back(&n);
}

/// A group is started anew: what was temporary or had ended is back.
void service_tree::state::collect_starts(tree_node& n, std::deque<tree_node*>& starts) const {
  for (auto* child : n.children)
    collect_starts(*child, starts);
  if (!n.is_group && may_start(n))
    starts.push_back(&n);
}

void service_tree::state::adopt_waiters(const tree_node& n, tree_plan& p) const {
  for (auto* s : n.waiters)
    if (may_start(*s) && std::find(p.starts.begin(), p.starts.end(), s) == p.starts.end())
      p.starts.push_back(s);
  for (const auto* child : n.children)
    adopt_waiters(*child, p);
}

/// What was to be started together with `n` is started now, for `n` will not be.
void service_tree::state::release_waiters(tree_node& n) {
  if (n.waiters.empty())
    return;
  tree_plan p;
  p.owner = n.parent;
  p.reason = "without '" + n.name + "'";
  for (auto* s : n.waiters)
    if (may_start(*s))
      p.starts.push_back(s);
  complete(p);
  launch(std::move(p));
}

/// As OTP's new supervisor process: nothing is counted or pending in it.
void service_tree::state::renew(tree_node& group) {
  cancel_wait(group);
  group.shared_window.clear();
  for (auto* child : group.children) {
    child->own_window.clear();
    child->on_trial = false;
    if (child->is_group)
      renew(*child);
  }
}

bool service_tree::state::block(const tree_plan& p, tree_node& n) {
  if (!is_blocked(p))
    return false;
  n.blocked = true;
  blocked.push_back(&n);
  return true;
}

void service_tree::state::launch_for(tree_plan p, tree_node& n) {
  // Groups that lie in the plan as a whole begin anew.
  const tree_node* renewed = nullptr;
  for (const auto* s : p.members) {
    auto* outermost = outermost_below(*s, *p.owner);
    if (outermost && std::exchange(renewed, outermost) != outermost)
      renew(*outermost);
  }
  if (n.is_group)
    renew(n);
  launch(std::move(p));
}

void service_tree::state::launch(tree_plan drawn) {
  plans.push_back(std::move(drawn));
  auto& p = plans.back();
  p.self = std::prev(plans.end());
  p.alone = p.members.size() == 1 && p.stops.size() == 1 && p.starts.size() == 1;
  if (p.alone)
    p.stops.clear();
  for (auto* s : p.members)
    take(*s, p);
  wake(p);
}

} // namespace reeve
