#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>

namespace reeve {

namespace {

/// Something will bring it back: a timer or a plan of its own, or of a group above.
bool is_pending(const tree_node& s) {
  return who_brings_back(s, [](const tree_node& n) { return has_wait(n) || n.plan; });
}

group_spec childless(const group_spec& spec) {
  return {spec.name,
          spec.strategy,
          spec.intensity,
          spec.on_exhausted,
          spec.cooldown,
          spec.type,
          {},
          spec.intensity_is_written};
}

/// Until each liveness check has said whether the service is well.
std::chrono::milliseconds time_to_look(const service_spec& spec) {
  using std::chrono::milliseconds;
  milliseconds longest{0};
  for (const auto& c : spec.checks)
    if (c.role == role::liveness)
      longest = std::max(
        longest, c.timeout + (c.healthy_after - 1) * (c.timeout + std::min(c.retry, c.interval)));
  return longest.count() == 0 ? longest : longest + std::chrono::seconds{1};
}

} // namespace

void service_tree::state::place(const daemon_spec& spec, mono_time now) {
  for (auto* known : {&services, &groups})
    for (auto& [name, n] : *known)
      n->placed = false;
  std::map<std::string, const service_spec*> specs;
  for (const auto& s : spec.services)
    specs.emplace(s.name, &s);
  next_position = 0;
  const auto tries = tries_with_group(now);
  root = &place_group(spec.tree, nullptr, specs);
  for (const auto& [s, due] : tries)
    if (s->placed && s->state == supervision::given_up && !is_pending(*s))
      wait(*s, due, true);
  remove_groups();
  remove_services();
  for (auto& [name, s] : services) {
    if (!s->again || !is_supervised(*s) || s->plan || s->in_flight != operation::none)
      continue;
    s->again = false;
    restart_alone(*s, restart_cause::reload, "its process was changed");
  }
  tie(spec);
  budget_limit = spec.budget;
  repair_waits(now);
}

/// Those that are given up with their group, and when they get a careful try with it: they get
/// it all the same if they lie elsewhere then.
std::vector<std::pair<tree_node*, mono_time>>
service_tree::state::tries_with_group(mono_time now) const {
  const auto brings_back = [](const tree_node& n) {
    return n.is_group && n.careful && has_wait(n);
  };
  std::vector<std::pair<tree_node*, mono_time>> tries;
  for (const auto& [name, s] : services) {
    const auto* group =
      s->state == supervision::given_up ? who_brings_back(*s, brings_back) : nullptr;
    if (group)
      tries.emplace_back(s.get(), group->timer ? group->timer->first : now);
  }
  return tries;
}

tree_node&
service_tree::state::place_group(const group_spec& spec, tree_node* parent,
                                 const std::map<std::string, const service_spec*>& specs) {
  auto& slot = groups[spec.name];
  if (!slot)
    slot = std::make_unique<tree_node>();
  auto& group = *slot;
  group.name = spec.name;
  group.parent = parent;
  group.is_group = true;
  group.placed = true;
  group.alive = false;
  group.spec = std::make_unique<const group_spec>(childless(spec));
  group.type = spec.type;
  group.position = next_position++;
  group.children.clear();
  for (const auto& child : spec.children) {
    const auto* name = std::get_if<std::string>(&child);
    auto& n = name ? place_service(*specs.at(*name))
                   : place_group(std::get<group_spec>(child), &group, specs);
    n.parent = &group;
    n.index = group.children.size();
    group.children.push_back(&n);
  }
  return group;
}

tree_node& service_tree::state::place_service(const service_spec& spec) {
  if (auto returning = leaving.extract(spec.name); !returning.empty()) {
    // Removed, and back before it was stopped. A start under way is as good as a new one.
    auto& s = *returning.mapped();
    s.again = s.again || s.in_flight == operation::stop;
    set_state(s, supervision::restarting, "back in the config");
    services.insert(std::move(returning));
  }
  auto& slot = services[spec.name];
  const bool is_new = !slot;
  if (is_new)
    slot = std::make_unique<tree_node>();
  auto& s = *slot;
  const auto before = std::exchange(s.restart, shared(spec.restart));
  s.type = spec.restart.type;
  s.name = spec.name;
  s.placed = true;
  s.position = next_position++;
  s.has_checks = !spec.checks.empty();
  s.look_takes = time_to_look(spec);
  if (is_new) {
    s.alive = !is_process(s);
    if (is_process(s))
      fresh.push_back(&s);
  } else if (before->target != s.restart->target) {
    change_target(s, std::holds_alternative<process_spec>(before->target));
  }
  return s;
}

/// Most services say the same as the one before them.
std::shared_ptr<const restart_spec> service_tree::state::shared(const restart_spec& spec) {
  if (!newest || *newest != spec)
    newest = std::make_shared<const restart_spec>(spec);
  return newest;
}

/// A changed process is restarted; what is no process (any more) is taken as it is.
/// Carried out when the whole tree is placed.
void service_tree::state::change_target(tree_node& s, bool was_process) {
  s.no_target.clear();
  thaw(s);
  const bool is_paused = s.state == supervision::paused;
  s.history = {};
  s.on_trial = false;
  if (was_process && is_process(s)) {
    // What a person stopped, or what ended, is the new one when it is started again.
    s.again = s.state != supervision::stopped && s.state != supervision::ended;
    if (s.again && !is_paused)
      cancel_wait(s);
    return;
  }
  if (s.state == supervision::stopped || s.state == supervision::ended)
    return;
  cancel_wait(s);
  s.late.reset();
  leave_plan(s);
  const bool is_idle = s.in_flight == operation::none;
  if (was_process && (s.alive || !is_idle)) {
    s.adopt = true;
    set_state(s, supervision::restarting, "no longer a process");
    if (is_idle)
      order(s, operation::stop, restart_cause::reload, s.reason);
    return;
  }
  s.alive = !is_process(s);
  if (!is_paused)
    set_state(s, supervision::running, "");
  if (is_process(s) && is_idle && !is_paused)
    fresh.push_back(&s);
  s.again = is_process(s) && (!is_idle || is_paused);
}

void service_tree::state::remove_groups() {
  for (auto it = groups.begin(); it != groups.end();) {
    auto& group = *it->second;
    if (group.placed) {
      ++it;
      continue;
    }
    cancel_wait(group);
    std::erase(blocked, &group);
    std::erase(held, &group);
    for (auto* s : group.waiters)
      s->waits_for = nullptr;
    for (auto& p : plans) {
      if (p.owner == &group)
        p.owner = root;
      if (p.subject == &group)
        p.subject = nullptr;
      if (p.group != &group)
        continue;
      p.group = nullptr;
      // Nobody is left to bring its members back together.
      if (std::exchange(p.then, tree_plan::sequel::none) != tree_plan::sequel::none)
        for (auto* s : p.members)
          s->again = s->again || s->plan == &p;
    }
    it = groups.erase(it);
  }
}

void service_tree::state::remove_services() {
  std::vector<tree_node*> gone;
  for (const auto& [name, s] : services)
    if (!s->placed)
      gone.push_back(s.get());
  std::sort(gone.begin(), gone.end(),
            [](const auto* a, const auto* b) { return a->position > b->position; });
  for (auto* s : gone) {
    cancel_wait(*s);
    leave_plan(*s);
    for (auto* waiter : std::exchange(s->waiters, {}))
      waiter->waits_for = nullptr;
    s->parent = root;
    const bool is_idle = s->in_flight == operation::none;
    if (is_idle && !(s->alive && is_process(*s))) {
      forget(*s);
      continue;
    }
    leaving.insert(services.extract(s->name));
    if (is_idle)
      order(*s, operation::stop, restart_cause::reload, "removed from the config");
  }
}

void service_tree::state::forget(tree_node& s) {
  cancel_wait(s);
  for (auto& p : plans) {
    std::erase(p.members, &s);
    std::erase(p.stops, &s);
    std::erase(p.starts, &s);
    if (p.owner == &s)
      p.owner = root;
    if (p.subject == &s)
      p.subject = nullptr;
  }
  std::erase(blocked, &s);
  std::erase(changed, &s);
  std::erase(fresh, &s);
  std::erase(held, &s);
  std::erase(noted, &s);
  auto& home = leaving.contains(s.name) ? leaving : services;
  home.erase(home.find(s.name));
}

/// What the old tree would have brought back together with something that is gone, or
/// after it, is restarted now.
void service_tree::state::repair_waits(mono_time now) {
  for (auto& [name, s] : services) {
    if (s->hold == held_by::dependency && !down_dependency(*s))
      wake_up(*s, std::chrono::milliseconds{0}, now);
    else if (s->state == supervision::waiting && !is_pending(*s))
      wait(*s, now, false);
  }
}

} // namespace reeve
