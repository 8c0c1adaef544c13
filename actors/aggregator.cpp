#include "actors/aggregator.hpp"

#include "actors/tree_walk.hpp"

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

/// Whether the supervision says more about the service than its health does.
bool speaks(supervision s) {
  return s == supervision::given_up || s == supervision::paused || s == supervision::ended
         || s == supervision::stopped;
}

void choose_reason(service_picture& p, const aggregator_memory::record& r) {
  const bool is_held = p.supervision == supervision::waiting && !p.next_restart;
  const bool by_supervision = (speaks(p.supervision) || is_held) && !r.supervision_reason.empty();
  p.reason = by_supervision ? r.supervision_reason : r.health_reason;
  // Pausing says nothing about what happened to it since.
  if (p.supervision == supervision::paused && p.health == health::unhealthy && by_supervision
      && !r.health_reason.empty())
    p.reason += "; " + r.health_reason;
}

check_picture* find_check(service_picture& p, const std::string& name) {
  const auto found = std::find_if(p.checks.begin(), p.checks.end(),
                                  [&](const check_picture& c) { return c.name == name; });
  return found == p.checks.end() ? nullptr : &*found;
}

std::vector<check_picture> pictures_of(const std::vector<check_spec>& checks,
                                       service_picture& before) {
  std::vector<check_picture> pictures;
  pictures.reserve(checks.size());
  for (const auto& check : checks) {
    const auto kind = kind_of(check.target);
    const auto* known = find_check(before, check.name);
    auto picture = known && known->kind == kind ? *known : check_picture{check.name, kind};
    picture.role = to_string(check.role);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

/// What the config says; what was seen stays.
void take_spec(service_picture& p, const service_spec& service, const std::string& group) {
  p.group = group;
  p.description = service.description;
  p.labels = service.labels;
  p.has_target = !std::holds_alternative<std::monostate>(service.restart.target);
  p.checks = pictures_of(service.checks, p);
}

} // namespace

void aggregator_state::take(const fact& f) {
  if (const auto* run = std::get_if<check_finished>(&f))
    merge(*run);
  else if (const auto* health = std::get_if<health_changed>(&f))
    merge(*health);
  else if (const auto* supervision = std::get_if<supervision_changed>(&f))
    merge(*supervision);
  else if (const auto* decision = std::get_if<decision_made>(&f))
    merge(*decision);
  else if (const auto* config = std::get_if<config_applied>(&f))
    take_config(*config->spec);
  memory_->ready = memory_->ready || (memory_->configured && memory_->awaited.empty());
}

/// Newest wins; what is told of a removed service is dropped.
template <class Fact>
void aggregator_state::merge(const Fact& f) {
  const auto known = memory_->records.find(f.origin.service);
  if (known == memory_->records.end() || f.origin.sequence <= known->second.sequence)
    return;
  auto& record = known->second;
  record.sequence = f.origin.sequence;
  auto& picture = *memory_->working.edit(f.origin.service);
  take(picture, record, f);
  choose_reason(picture, record);
  changed();
}

/// What is to be told next turn is in the memory and the loop, not in this actor: it is
/// told whether or not this one lives then.
void aggregator_state::changed() {
  memory_->published.reset();
  if (!world_->out.snapshot_changed || std::exchange(memory_->change_due, true))
    return;
  world_->out.next_turn([w = std::weak_ptr{world_}, m = std::weak_ptr{memory_}] {
    const auto world = w.lock();
    const auto memory = m.lock();
    if (!world || !memory)
      return; // Reeve's actors are gone
    memory->change_due = false;
    world->out.snapshot_changed();
  });
}

void aggregator_state::take(service_picture& p, record& r, const check_finished& f) {
  auto* check = find_check(p, f.check);
  if (!check)
    return;
  check->next_check = f.next;
  if (f.verdict.result == check_result::skipped)
    return;
  if (check->health != f.health || !check->since)
    check->since = f.origin.at.wall;
  check->health = f.health;
  check->reason = f.verdict.reason;
  check->last_check = f.origin.at.wall;
  check->latency = f.latency;
  if (r.worst_check == f.check && f.health == p.health && !f.verdict.reason.empty())
    r.health_reason = f.verdict.reason;
  memory_->awaited.erase(p.name);
}

void aggregator_state::take(service_picture& p, record& r, const health_changed& f) {
  if (p.health != f.to)
    p.since = f.origin.at.wall;
  p.health = f.to;
  r.worst_check = f.check;
  r.health_reason = f.reason;
  if (f.to == health::starting) // a new run
    for (auto& check : p.checks) {
      check.health = health::starting;
      check.reason.clear();
    }
  else
    memory_->awaited.erase(p.name);
}

void aggregator_state::take(service_picture& p, record& r, const supervision_changed& f) {
  if (p.supervision != f.to)
    p.since = f.origin.at.wall;
  p.supervision = f.to;
  p.group = f.group;
  p.attempt = f.attempt;
  p.restarts = f.restarts;
  p.next_restart = f.next_restart;
  r.supervision_reason = f.reason;
  if (f.to != supervision::running && f.to != supervision::restarting)
    memory_->awaited.erase(p.name); // it may never run, and then has no health
}

void aggregator_state::take(service_picture& p, record& /*r*/, const decision_made& f) {
  auto next = std::make_shared<restart_record>(p.record ? *p.record : restart_record{});
  next->newest.push_back({f.origin.at.wall, f.what});
  ++next->total;
  if (next->newest.size() > restart_record::most)
    next->newest.erase(next->newest.begin());
  if (std::holds_alternative<restart_judged>(f.what))
    next->last_outcome = next->newest.back();
  p.record = std::move(next);
  world_->keep({.records = {{p.name, p.record}}});
}

void aggregator_state::take_config(const daemon_spec& spec) {
  const auto groups = groups_of_services(spec.tree);
  const auto before = std::exchange(memory_->working, {});
  std::unordered_map<std::string, record> records;
  std::set<std::string, std::less<>> awaited;
  std::vector<snapshot::picture> pictures;
  for (const auto& service : spec.services) {
    const auto known = before.find(service.name);
    auto p = std::make_shared<service_picture>(known ? *known : service_picture{service.name});
    if (!known) {
      p->since = world_->out.now().wall;
      if (auto recalled = memory_->recalled.extract(service.name); !recalled.empty())
        p->record = std::move(recalled.mapped());
    }
    if (!known || memory_->awaited.contains(service.name))
      awaited.insert(service.name);
    const auto group = groups.find(service.name);
    take_spec(*p, service, group == groups.end() ? p->group : group->second);
    pictures.push_back(std::move(p));
    records[service.name] = memory_->records[service.name];
  }
  remembered gone;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (const auto& p = before.at(i); p.record && !records.contains(p.name))
      gone.records.push_back({p.name, nullptr});
  world_->keep(gone);
  memory_->recalled.clear();
  memory_->working = snapshot{pictures};
  memory_->records = std::move(records);
  memory_->awaited = std::move(awaited);
  memory_->configured = true;
  changed();
}

} // namespace reeve::actors
