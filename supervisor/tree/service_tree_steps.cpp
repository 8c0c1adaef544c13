#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>

namespace reeve {

namespace {

/// Whether `later` has to wait when `failed` could not be started: their nearest
/// common group ties its children together.
bool are_tied(const tree_node& failed, const tree_node& later) {
  for (const auto* group = failed.parent; group; group = group->parent)
    for (const auto* at = later.parent; at; at = at->parent)
      if (at == group)
        return group->spec->strategy != strategy::one_for_one;
  return false;
}

restart_cause cause_for(const tree_node& s, const tree_plan& p) {
  const bool with_others = p.cause == restart_cause::failed && p.subject != &s;
  return with_others ? restart_cause::group : p.cause;
}

/// A remedy is tried: nobody ordered it, and it is not restarted with others.
bool is_for_its_failure(restart_cause c) {
  return c == restart_cause::failed || c == restart_cause::cooldown;
}

/// The reason of a plan is its subject's own. A group's names the group itself.
std::string reason_for(const tree_node& s, const tree_plan& p) {
  if (!p.subject || p.subject == &s || p.subject->is_group)
    return p.reason;
  return "with '" + p.subject->name
         + (p.cause == restart_cause::failed ? "', which failed: " : "': ") + p.reason;
}

/// What its members are shown as while it is carried out: who is only stopped by an
/// escalation is not being restarted.
supervision state_during(const tree_plan& p) {
  switch (p.then) {
  case tree_plan::sequel::none:
    return supervision::restarting;
  case tree_plan::sequel::wait:
    return supervision::waiting;
  case tree_plan::sequel::give_up:
  case tree_plan::sequel::exit:
    return supervision::given_up;
  }
  return supervision::restarting;
}

} // namespace

/// What is in flight in it goes on, and `by` waits for that.
void service_tree::state::take(tree_node& s, tree_plan& by) {
  cancel_wait(s);
  s.late.reset();
  if (s.plan)
    s.plan->then = tree_plan::sequel::none;
  leave_plan(s);
  if (auto* p = std::exchange(s.ordered_by, nullptr)) {
    p->in_flight = nullptr;
    wake(*p);
  }
  s.plan = &by;
  by.awaited += s.in_flight == operation::none ? 0 : 1;
  set_state(s, state_during(by), reason_for(s, by));
}

void service_tree::state::leave_plan(tree_node& s) {
  auto* p = std::exchange(s.plan, nullptr);
  if (!p)
    return;
  if (s.in_flight != operation::none && s.ordered_by != p)
    --p->awaited;
  wake(*p);
}

void service_tree::state::wake(tree_plan& p) {
  if (!std::exchange(p.awake, true))
    awake.push_back(&p);
}

void service_tree::state::advance(tree_plan& p, mono_time now) {
  if (p.in_flight || p.awaited > 0)
    return;
  while (!p.stops.empty()) {
    auto& s = *p.stops.front();
    p.stops.pop_front();
    if (s.plan == &p && s.alive)
      return order_step(s, operation::stop, p, now);
  }
  while (!p.starts.empty()) {
    auto& s = *p.starts.front();
    p.starts.pop_front();
    if (s.plan != &p)
      continue;
    if (!s.alive)
      return order_step(s, operation::start, p, now);
    if (p.alone || !can_stop(s))
      return order_step(s, operation::restart, p, now);
    set_state(s, supervision::running, ""); // somebody else started it
  }
  finish(p, now);
}

void service_tree::state::order_step(tree_node& s, operation op, tree_plan& p, mono_time now) {
  const auto cause = cause_for(s, p);
  if (op != operation::stop && cause != restart_cause::boot)
    explain_decision(s, decision::kind::restart, reason_for(s, p),
                     is_for_its_failure(cause) ? remedy_text(s) : "", {}, now);
  s.ordered_by = &p;
  p.in_flight = &s;
  order(s, op, cause, reason_for(s, p));
}

void service_tree::state::order(tree_node& s, operation op, restart_cause cause,
                                const std::string& reason) {
  s.in_flight = op;
  s.cause = cause;
  note(s);
  const auto* commands = std::get_if<exec_target>(&s.restart->target);
  auto what = op == operation::stop    ? kind::stop
              : op == operation::start ? kind::start
                                       : kind::restart;
  if (op == operation::start && commands && commands->start.empty())
    what = kind::restart; // all there is
  const auto remedy = is_for_its_failure(cause) && op != operation::stop
                        ? remedy_for(*s.restart, s.history.attempt)
                        : std::size_t{0};
  if (remedy > 0)
    what = kind::restart;
  out.push_back({what, s.name, {}, reason, cause, remedy});
}

void service_tree::state::answered(tree_node& s) {
  const auto done = std::exchange(s.in_flight, operation::none);
  note(s);
  if (auto* p = std::exchange(s.ordered_by, nullptr)) {
    p->in_flight = nullptr;
    wake(*p);
  } else if (s.plan) {
    --s.plan->awaited;
    wake(*s.plan);
  }
  if (s.plan)
    return;
  // Meanwhile a person or a reload wanted something else of it.
  if (!s.placed && !(s.alive && is_process(s)))
    return forget(s);
  if (!s.placed)
    return order(s, operation::stop, restart_cause::reload, "removed from the config");
  if (s.state == supervision::stopped) {
    if (s.alive && can_stop(s))
      order(s, operation::stop, restart_cause::person, s.reason);
  } else if (s.adopt && done != operation::stop && s.alive) {
    order(s, operation::stop, restart_cause::reload, s.reason);
  } else if (std::exchange(s.adopt, false)) {
    s.alive = true;
    set_state(s, supervision::running, "");
  } else if (std::exchange(s.again, false)) {
    restart_alone(s, restart_cause::reload, "its process was changed");
  } else if (s.state == supervision::restarting && s.alive) {
    set_state(s, supervision::running, "");
  }
}

void service_tree::state::start_failed(tree_node& s, const failure& why, mono_time now,
                                       double random) {
  if (s.in_flight == operation::start)
    s.alive = false;
  auto f = why;
  f.alive = s.alive;
  s.late.reset();
  if (s.state == supervision::paused) // heard when it is resumed
    s.late = std::make_unique<late_failure>(late_failure{f, s.incarnation, random});
  if (f.whose == blame::service)
    begin_trial(s, now);
  auto* p = s.ordered_by;
  const bool of_plan = p && s.plan == p;
  const bool is_back =
    s.placed && !s.plan && !s.again && !s.adopt && s.state == supervision::restarting;
  if (of_plan) {
    leave_plan(s);
    hold_back(*p, s);
  }
  answered(s);
  if ((of_plan || is_back) && !s.plan && s.placed)
    decide(s, f, now, random);
}

/// What would have been started after `failed` waits with it.
void service_tree::state::hold_back(tree_plan& p, tree_node& failed) {
  std::deque<tree_node*> independent;
  for (auto* s : p.starts) {
    if (s->plan != &p || !are_tied(failed, *s)) {
      independent.push_back(s);
      continue;
    }
    leave_plan(*s);
    s->waits_for = &failed;
    failed.waiters.push_back(s);
    set_state(*s, supervision::waiting, "waits for '" + failed.name + "'");
  }
  p.starts = std::move(independent);
}

void service_tree::state::finish(tree_plan& p, mono_time now) {
  std::vector<tree_node*> members;
  for (auto* s : p.members)
    if (s->plan == &p)
      members.push_back(s);
  for (auto* s : members)
    s->plan = nullptr;
  conclude(p, members, now);
  for (auto* n : std::exchange(blocked, {}))
    if (n->blocked)
      wait(*n, now, n->careful);
  if (p.awake)
    std::erase(awake, &p);
  if (p.budgeted)
    budget.finished();
  plans.erase(p.self);
  for (auto* s : members) {
    const auto late = std::exchange(s->late, nullptr);
    if (s->plan || exiting)
      continue;
    if (std::exchange(s->again, false))
      restart_alone(*s, restart_cause::reload, "its process was changed");
    else if (late && late->incarnation == s->incarnation && s->state == supervision::running)
      heard(*s, late->what, now, late->random);
  }
}

void service_tree::state::conclude(tree_plan& p, const std::vector<tree_node*>& members,
                                   mono_time now) {
  for (auto* s : members) {
    const bool has_moved = p.group && !is_strictly_within(*s, *p.group); // by a reload meanwhile
    switch (p.then) {
    case tree_plan::sequel::none:
      if (s->alive)
        set_state(*s, supervision::running, "");
      else if (!s->late)
        set_state(*s, supervision::ended,
                  "stopped with its group; its type temporary leaves it so");
      else
        set_state(*s, supervision::running, s->late->what.reason);
      break;
    case tree_plan::sequel::wait:
      set_state(*s, supervision::waiting, p.reason);
      if (has_moved)
        wait(*s, now, false);
      break;
    case tree_plan::sequel::give_up:
      give_up(*s, p.reason, has_moved ? p.cooldown : std::chrono::milliseconds{0}, now);
      break;
    case tree_plan::sequel::exit:
      set_state(*s, supervision::given_up, p.reason);
      break;
    }
  }
  if (p.then == tree_plan::sequel::exit) {
    exited = true;
    tell(kind::exit, p.group->name, p.reason);
  }
}

} // namespace reeve
