#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>
#include <cmath>

namespace reeve {

namespace {

using std::chrono::milliseconds;

/// The longest wait that its backoff can mean.
milliseconds longest_wait(const restart_spec& spec) {
  if (spec.backoff.none)
    return milliseconds{0};
  const auto base = static_cast<double>(std::max(spec.backoff.max, milliseconds{1}).count());
  return milliseconds{std::llround(base * (1 + spec.backoff.jitter))};
}

milliseconds longest_wait(const tree_node& n) {
  if (!n.is_group)
    return longest_wait(*n.restart);
  milliseconds longest{0};
  for (const auto* child : n.children)
    longest = std::max(longest, longest_wait(*child));
  return longest;
}

bool any_is(const tree_node& n, supervision state) {
  if (!n.is_group)
    return n.state == state;
  return std::any_of(n.children.begin(), n.children.end(),
                     [&](const auto* child) { return any_is(*child, state); });
}

std::vector<mono_time> all_past(const instant& now,
                                const std::vector<remembered_group::restart>& restarts) {
  std::vector<mono_time> past;
  for (const auto& r : restarts)
    past.push_back(when_past(now, r.at));
  std::sort(past.begin(), past.end());
  return past;
}

restart_window recalled(std::vector<restart_window::entry> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return restart_window{std::move(entries)};
}

restart_window own_window(const instant& now, const std::vector<wall_time>& restarts) {
  std::vector<restart_window::entry> entries;
  for (const auto at : restarts)
    entries.push_back({when_past(now, at), ""});
  return recalled(std::move(entries));
}

restart_window shared_window(const instant& now,
                             const std::vector<remembered_group::restart>& restarts) {
  std::vector<restart_window::entry> entries;
  for (const auto& r : restarts)
    entries.push_back({when_past(now, r.at), r.by});
  return recalled(std::move(entries));
}

/// Those that still count.
std::vector<restart_window::entry> counting(const restart_window& window, const intensity& limit,
                                            mono_time now) {
  const auto& all = window.entries();
  return {all.end() - window.count(limit, now), all.end()};
}

std::vector<wall_time> own_restarts(const tree_node& n, const instant& now) {
  std::vector<wall_time> restarts;
  if (n.parent && !sharing_group(n))
    for (const auto& e : counting(n.own_window, limit_of(n), now.mono))
      restarts.push_back(on_wall(now, e.at));
  return restarts;
}

/// A restart that was ordered and not seen to its end is as good as not decided for what
/// runs, and for a process, which is started anyhow.
bool is_down_for_restart(const tree_node& s) {
  return s.state == supervision::restarting && !s.alive && !is_process(s);
}

} // namespace

// -- keeping ------------------------------------------------------------------

remembered_service service_tree::state::remember(const tree_node& s, const instant& now) const {
  remembered_service r;
  r.name = s.name;
  r.target = fingerprint(s.restart->target);
  r.restarts = s.restarts;
  const bool may_start = s.in_flight != operation::none && s.in_flight != operation::stop;
  r.alive = s.alive || (s.state == supervision::stopped && may_start);
  if (exiting && s.state == supervision::given_up)
    return r; // whoever starts Reeve again starts all of them anew
  r.in_window = own_restarts(s, now);
  r.attempt = s.history.attempt;
  r.last_delay = s.history.last_delay;
  r.on_trial = s.on_trial;
  if (s.trial && !(s.trial->helped && now.mono - s.trial->since > relapse_time))
    r.newest_restart = {on_wall(now, s.trial->since), s.trial->helped};
  if (is_down_for_restart(s)) {
    r.state = supervision::waiting;
    r.reason = s.reason;
    r.due = now.wall;
    return r;
  }
  const bool is_only_frozen = !s.frozen.empty() && !s.pause_ordered; // it is looked at anew
  if (s.state == supervision::running || s.state == supervision::restarting || is_only_frozen) {
    if (s.history.healthy_since && r.attempt > 0)
      r.healthy_since = on_wall(now, *s.history.healthy_since);
    return r;
  }
  r.state = s.state;
  r.reason = s.reason;
  if (has_wait(s))
    r.due = s.timer ? on_wall(now, s.timer->first) : now.wall;
  if (s.waits_for)
    r.waits_for = s.waits_for->name;
  if (s.state == supervision::paused && s.late)
    r.owed = remembered_service::debt{s.late->what.reason, s.late->counted};
  if (s.hold == held_by::dependency)
    r.owed = remembered_service::debt{s.reason, !s.late || s.late->counted};
  return r;
}

remembered_group service_tree::state::remember_group(const tree_node& group,
                                                     const instant& now) const {
  remembered_group r;
  r.name = group.name;
  if (exiting)
    return r;
  for (auto& e : counting(group.shared_window, group.spec->intensity, now.mono))
    r.restarts.push_back({on_wall(now, e.at), std::move(e.by)});
  r.in_window = own_restarts(group, now);
  r.on_trial = group.on_trial;
  if (has_wait(group)) {
    r.due = group.timer ? on_wall(now, group.timer->first) : now.wall;
    r.careful = group.careful;
    r.reason = group.reason;
  }
  return r;
}

remembered_group service_tree::state::remember_budget(const instant& now) const {
  remembered_group host;
  for (const auto at : budget.begun(now.mono))
    host.restarts.push_back({on_wall(now, at), ""});
  return host;
}

remembered service_tree::remember(const std::set<std::string>& names, const instant& now) const {
  remembered all;
  std::set<const tree_node*> groups;
  for (const auto& name : names) {
    const auto found = state_->services.find(name);
    if (found == state_->services.end()) {
      all.services.push_back({name});
      continue;
    }
    all.services.push_back(state_->remember(*found->second, now));
    for (const auto* group = found->second->parent; group; group = group->parent)
      if (groups.insert(group).second)
        all.groups.push_back(state_->remember_group(*group, now));
  }
  if (state_->budget_limit)
    all.groups.push_back(state_->remember_budget(now));
  return all;
}

// -- taking over --------------------------------------------------------------

void service_tree::state::take_over(tree_node& s, const remembered_service& before,
                                    const instant& now) {
  s.restarts = before.restarts;
  s.own_window = own_window(now, before.in_window);
  if (!has_target(s))
    return;
  const bool is_same = before.target == fingerprint(s.restart->target);
  const bool rests = before.state == supervision::stopped || before.state == supervision::ended;
  const bool is_paused = before.state == supervision::paused;
  if (!is_process(s))
    s.alive = before.alive || !(is_same || rests);
  if (!is_same && !rests && !is_paused)
    return;
  if (is_same) {
    s.history.attempt = std::max(before.attempt, 0);
    s.history.last_delay = std::clamp(before.last_delay, milliseconds{0}, longest_wait(*s.restart));
    s.on_trial = before.on_trial;
    if (const auto& newest = before.newest_restart)
      s.trial = std::make_unique<restart_trial>(
        restart_trial{when_past(now, newest->since), newest->helped});
    if (before.healthy_since) {
      // Longer than a stable run ago, nothing has been restarted: there is nothing to slow down.
      s.history.healthy_since = when_past(now, *before.healthy_since);
      s.history.last_good = now.mono;
      if (was_stable(*s.restart, s.history))
        s.history = {};
      s.history.healthy_since.reset();
      s.history.last_good.reset();
    }
  }
  if (before.state == supervision::running || before.state == supervision::restarting)
    return;
  set_state(s, before.state, before.reason);
  s.pause_ordered = is_paused;
  const bool ran = is_process(s) && before.alive; // a new start pays what is owed
  if (is_paused && is_same && before.owed && !ran)
    s.late = std::make_unique<late_failure>(late_failure{
      {before.owed->reason, s.alive, false, std::nullopt}, s.incarnation, 0, before.owed->counted});
  s.again = is_paused && !is_same && is_process(s) && !ran;
  const auto cooldown = s.parent->spec->cooldown;
  const bool careful = before.state == supervision::given_up;
  if (!before.due || rests || is_paused || (careful && cooldown.count() == 0))
    return;
  if (before.owed)
    return hold_again(s, *before.owed);
  wait(s, when_due(now, *before.due, careful ? cooldown : longest_wait(s)), careful, true);
}

/// Nobody knows yet how its dependencies are: it is held until they were looked at.
void service_tree::state::hold_again(tree_node& s, const remembered_service::debt& owed) {
  s.hold = held_by::dependency;
  s.careful = s.state == supervision::given_up;
  if (!owed.counted)
    s.late = std::make_unique<late_failure>(
      late_failure{{owed.reason, s.alive, false, std::nullopt}, s.incarnation, 0, false});
  if (s.ties) // else it depends on nothing now
    for (auto* dependency : s.ties->dependencies)
      began(*dependency);
}

void service_tree::state::take_over(tree_node& group, const remembered_group& before,
                                    const instant& now) {
  group.shared_window = shared_window(now, before.restarts);
  group.own_window = own_window(now, before.in_window);
  group.on_trial = before.on_trial;
  group.reason = before.reason;
  if (!before.due || !group.parent)
    return;
  const auto awaited = before.careful ? supervision::given_up : supervision::waiting;
  const auto cooldown = group.parent->spec->cooldown;
  if (!any_is(group, awaited) || (before.careful && cooldown.count() == 0))
    return;
  const auto most = before.careful ? cooldown : longest_wait(group);
  wait(group, when_due(now, *before.due, most), before.careful);
}

void service_tree::take_over(const remembered& before, const instant& now) {
  auto& all = *state_;
  for (const auto& s : before.services)
    if (const auto found = all.services.find(s.name); found != all.services.end())
      all.take_over(*found->second, s, now);
  for (const auto& s : before.services) {
    auto* waiter = all.find(s.name);
    auto* first = all.find(s.waits_for);
    if (!waiter || !first || !first->timer || first->careful || waiter->timer
        || waiter->state != supervision::waiting)
      continue;
    waiter->waits_for = first;
    first->waiters.push_back(waiter);
  }
  for (const auto& g : before.groups)
    if (g.name.empty())
      all.budget = restart_budget{all_past(now, g.restarts)};
    else if (const auto found = all.groups.find(g.name); found != all.groups.end())
      all.take_over(*found->second, g, now);
  for (auto& [name, s] : all.services)
    if (s->hold == held_by::dependency && !all.down_dependency(*s))
      all.wake_up(*s, wake_each, now.mono); // a delayed one looks first
  all.repair_waits(now.mono);
  std::erase_if(all.fresh, [](tree_node* s) {
    const bool is_paused = s->state == supervision::paused;
    return s->state != supervision::running && !(is_paused && !s->late && !s->again);
  });
  for (const auto& [name, s] : all.services)
    if (s->state == supervision::stopped && s->alive && can_stop(*s))
      all.fresh.push_back(s.get());
}

} // namespace reeve
