#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>
#include <set>

namespace reeve {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

/// What an escalation stops, and brings back or gives up together.
void collect_supervised(tree_node& n, std::vector<tree_node*>& members) {
  for (auto* child : n.children)
    collect_supervised(*child, members);
  if (!n.is_group && is_supervised(n) && n.state != supervision::ended)
    members.push_back(&n);
}

/// With theirs.
void collect_dependencies(const tree_node& s, std::set<const tree_node*>& found) {
  if (!s.ties)
    return;
  for (const auto* d : s.ties->dependencies)
    if (found.insert(d).second)
      collect_dependencies(*d, found);
}

} // namespace

void service_tree::state::heard(tree_node& s, const failure& f, mono_time now, double random) {
  s.alive = s.alive && f.alive;
  note(s);
  switch (s.state) {
  case supervision::waiting:
  case supervision::given_up:
    if (s.plan) // that is of an escalation
      s.late = std::make_unique<late_failure>(late_failure{f, s.incarnation, random});
    return;
  case supervision::ended:
  case supervision::stopped:
    return;
  case supervision::paused:
    if (!s.frozen.empty() && !f.alive && thaw(s))
      break; // what was paused is gone
    if (!s.late || !s.late->counted)
      s.late = std::make_unique<late_failure>(late_failure{f, s.incarnation, random});
    return;
  case supervision::running:
  case supervision::restarting:
    break;
  }
  if (s.plan || s.in_flight != operation::none) {
    s.late = std::make_unique<late_failure>(late_failure{f, s.incarnation, random});
    set_state(s, supervision::restarting, f.reason);
    return;
  }
  decide(s, f, now, random);
}

void service_tree::state::decide(tree_node& s, const failure& f, mono_time now, double random) {
  const bool is_failure = !is_uncounted(*s.restart, f.clean);
  if (is_failure && f.whose == blame::service && s.no_target.empty())
    trial_failed(s, now);
  s.history.last_good = f.last_good;
  if (const auto by = holder(s); by != held_by::nothing && wants_restart(s.type, f.clean)) {
    set_state(s, supervision::waiting, f.reason);
    s.late = std::make_unique<late_failure>(late_failure{f, s.incarnation, random});
    return hold(s, by, f.reason, now);
  }
  if (f.whose != blame::service && wants_restart(s.type, f.clean))
    return restart_uncounted(s, f, now, random);
  s.woken = false;
  if (was_stable(*s.restart, s.history))
    for (auto* tried = &s; tried; tried = tried->parent)
      tried->on_trial = false;
  if (s.on_trial && is_failure && wants_restart(s.type, f.clean))
    return give_up(s, f.reason + "; the careful try did not hold", s.parent->spec->cooldown, now);
  const auto window = counting_window_of(s);
  const auto decided = decide_restart(*s.restart, window, f.clean, s.history, now, random);
  s.on_trial = s.on_trial && decided.uncounted && !decided.was_stable;
  follow(s, f, decided, explain(decided, *s.restart, window.limit, window.group), now, random);
}

void service_tree::state::follow(tree_node& s, const failure& f, const restart_decision& decided,
                                 const std::string& numbers, mono_time now, double random) {
  auto& group = *s.parent;
  const std::string type{to_string(s.type)};
  switch (decided.what) {
  case restart_answer::leave:
    explain_decision(s, decision::kind::leave, f.reason, numbers, {}, now);
    if (!f.clean)
      return give_up(s, f.reason + "; its type " + type + " never restarts it", {}, now);
    set_state(s, supervision::ended, "ended cleanly; its type " + type + " leaves it so");
    return release_waiters(s);
  case restart_answer::restart:
    set_state(s, supervision::waiting, f.reason);
    explain_decision(s, decision::kind::wait, f.reason, numbers, decided.delay, now);
    if (decided.delay.count() > 0)
      tell(kind::wait, s.name, f.reason, decided.delay);
    return wait(s, now + decided.delay, false, decided.delay.count() > 0);
  case restart_answer::refuse:
    if (group.spec->on_exhausted == on_exhausted::escalate)
      return escalate(group, s, f.reason, now, random);
    return give_up(s, f.reason + "; " + too_many(s, now), group.spec->cooldown, now);
  }
}

void service_tree::state::give_up(tree_node& s, std::string reason, milliseconds cooldown,
                                  mono_time now) {
  cancel_wait(s);
  set_state(s, supervision::given_up, reason);
  if (cooldown.count() > 0)
    wait(s, now + cooldown, true, true);
  const auto next = due_of(s); // its group's, maybe
  const auto delay = next ? duration_cast<milliseconds>(*next - now) : milliseconds{0};
  explain_decision(s, decision::kind::give_up, reason,
                   next ? "one careful try in " + describe(delay) : "", delay, now);
  tell(kind::give_up, s.name, std::move(reason));
  release_waiters(s);
}

/// The group stops everything and fails as a child of its parent, and so on up to
/// a group that answers. All of that is counted and known now; the stops follow.
void service_tree::state::escalate(tree_node& group, tree_node& origin, const std::string& reason,
                                   mono_time now, double random) {
  tree_plan p;
  p.group = &group;
  const auto exhausted = "group '" + group.name + "' is exhausted: ";
  tell(kind::escalate, group.name, exhausted + reason);
  p.reason = exhausted + too_many(origin, now, naming::without_group) + "; '" + origin.name
             + "' failed: " + reason;
  explain_decision(origin, decision::kind::escalate, reason, too_many(origin, now), {}, now);
  collect_stops(group, p.stops);
  while (climb(p, origin, now, random)) {
    p.group = p.group->parent;
    tell(kind::escalate, p.group->name, p.reason);
    std::deque<tree_node*> all;
    collect_stops(*p.group, all);
    for (auto* s : all)
      if (std::find(p.stops.begin(), p.stops.end(), s) == p.stops.end())
        p.stops.push_back(s);
  }
  collect_supervised(*p.group, p.members);
  p.owner = p.group->parent ? p.group->parent : p.group;
  if (p.then == tree_plan::sequel::give_up && p.cooldown.count() > 0)
    wait(*p.group, now + p.cooldown, true);
  launch(std::move(p));
}

/// Asks the parent of `p.group`; true: that is exhausted too, and must be stopped.
bool service_tree::state::climb(tree_plan& p, tree_node& origin, mono_time now, double random) {
  auto& child = *p.group;
  renew(child);
  auto* parent = child.parent;
  if (!parent) {
    exiting = true;
    p.then = tree_plan::sequel::exit;
    return false;
  }
  p.then = tree_plan::sequel::give_up;
  if (!wants_restart(child.type, true)) {
    p.reason += "; its type " + std::string{to_string(child.type)} + " leaves it so";
    return false;
  }
  p.cooldown = parent->spec->cooldown;
  if (child.on_trial) {
    p.reason += "; the careful try did not hold";
    return false;
  }
  auto as_child = *origin.restart;
  as_child.type = child.type;
  as_child.clean_exit = clean_exit::counted;
  const auto window = counting_window_of(child);
  const auto decided = decide_restart(as_child, window, true, origin.history, now, random);
  if (decided.what == restart_answer::restart) {
    p.then = tree_plan::sequel::wait;
    if (decided.delay.count() > 0)
      tell(kind::wait, origin.name, p.reason, decided.delay);
    explain_decision(origin, decision::kind::wait, p.reason,
                     "group '" + child.name
                       + "': " + explain(decided, as_child, window.limit, window.group),
                     decided.delay, now);
    child.reason = p.reason;
    wait(child, now + decided.delay, false);
    return false;
  }
  p.reason += "; " + too_many(child, now);
  return parent->spec->on_exhausted == on_exhausted::escalate;
}

// -- waiting ------------------------------------------------------------------

void service_tree::state::wait(tree_node& n, mono_time due, bool careful, bool look_first) {
  cancel_wait(n);
  n.timer = {due, next_timer++};
  n.careful = careful;
  n.look_first = look_first;
  timers.emplace(*n.timer, &n);
}

void service_tree::state::cancel_wait(tree_node& n) {
  if (n.timer)
    timers.erase(*n.timer);
  n.timer.reset();
  n.blocked = false;
  n.hold = held_by::nothing;
  if (n.waits_for)
    std::erase(n.waits_for->waiters, &n);
  n.waits_for = nullptr;
}

void service_tree::state::run_due(mono_time now) {
  while (!timers.empty() && timers.begin()->first.first <= now) {
    auto& n = *timers.begin()->second;
    const bool looked = n.hold == held_by::look;
    cancel_wait(n);
    carry_out_due(n, n.look_first && !looked, now);
  }
}

/// A restart whose backoff or cooldown is over.
void service_tree::state::carry_out_due(tree_node& n, bool look_first, mono_time now) {
  if (const auto by = holder(n); by != held_by::nothing)
    return hold(n, by, "", now);
  if (look_first && begin_look(n, now))
    return;
  auto p = draw_due(n);
  if (p.members.empty() || block(p, n)) {
    n.hold = held_by::nothing;
    return;
  }
  if (!admit(p, n, now))
    return;
  if (n.careful)
    n.on_trial = true;
  launch_for(std::move(p), n);
}

/// Who runs again and what was just waited for are left alone.
tree_plan service_tree::state::draw_due(tree_node& n) const {
  auto p =
    n.careful ? draw_alone(n, restart_cause::cooldown, "a careful try after giving up") : draw(n);
  std::set<const tree_node*> just_back;
  if (n.woken)
    collect_dependencies(n, just_back);
  const auto stays = [&](const tree_node* s) {
    const bool is_part = n.is_group && is_strictly_within(*s, n);
    return s->state == supervision::running && (is_part || just_back.contains(s));
  };
  for (auto* part : {&p.stops, &p.starts})
    std::erase_if(*part, stays);
  std::erase_if(p.members, stays);
  return p;
}

} // namespace reeve
