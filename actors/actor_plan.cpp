#include "actors/actor_plan.hpp"

#include "actors/tree_walk.hpp"

#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

constexpr std::chrono::milliseconds a_minute{60'000};

// Generous, for a crash of ours must not end Reeve; a probe that crashes for ever is
// slowed down by itself (see `probe_state`), to less than ten crashes a minute.
intensity patience(std::size_t children) {
  return {static_cast<int>(100 + 20 * children), a_minute};
}

std::vector<std::string> members_of(const group_spec& group) {
  std::vector<std::string> names;
  for (const auto& child : group.children)
    if (const auto* service = std::get_if<std::string>(&child))
      names.push_back(*service);
  return names;
}

const group_spec* find_group(const group_spec& root, const std::string& name) {
  const group_spec* found = nullptr;
  for_each_group(root, [&](const group_spec& group) {
    if (group.name == name)
      found = &group;
  });
  return found;
}

void take_spec(actor_plan& plan, const std::shared_ptr<const daemon_spec>& spec) {
  plan.spec = spec;
  auto before = std::exchange(plan.services, {});
  for (const auto& service : spec->services) {
    auto& taken = plan.services[service.name];
    taken.spec = std::shared_ptr<const service_spec>{spec, &service};
    if (const auto known = before.find(service.name); known != before.end())
      taken.probe = std::move(known->second.probe);
  }
  plan.world->pushes.configure(*spec, plan.world->out.now().mono);
}

void keep_pushes(const world& w) {
  w.keep({.pushes = w.pushes.remember(w.out.now())});
}

void take_over(actor_plan& plan, const remembered& before) {
  auto& w = *plan.world;
  const auto now = w.out.now();
  plan.memories.restarter->tree.take_over(before, now);
  w.pushes.take_over(before.pushes, now);
  remembered gone; // from the config, and so from the disk
  for (const auto& s : before.services)
    if (!plan.services.contains(s.name))
      gone.services.push_back({s.name});
  for (const auto& g : before.groups)
    if (g.name.empty() ? !plan.spec->budget : !find_group(plan.spec->tree, g.name))
      gone.groups.push_back({g.name});
  for (const auto& p : before.pushes)
    gone.pushes.push_back({p.service, p.check});
  for (const auto& r : before.records)
    if (plan.services.contains(r.service))
      plan.memories.aggregator->recalled.emplace(r.service, r.record);
    else
      gone.records.push_back({r.service, nullptr});
  w.keep(gone);
  keep_pushes(w);
}

child_spec probe_child(const plan_ptr& plan, const std::string& service) {
  const auto start = [weak = std::weak_ptr{plan}, service](caf::local_actor& self) -> caf::actor {
    const auto p = weak.lock();
    if (!p)
      return {};
    const auto found = p->services.find(service);
    if (found == p->services.end())
      return {};
    auto& [spec, memory] = found->second;
    if (!memory)
      memory = std::make_shared<probe_memory>(spec, p->world->out.now().mono);
    auto handle = self.spawn(probe, p->world, memory);
    p->world->who.probes[service] = handle;
    return caf::actor_cast<caf::actor>(handle);
  };
  return {"probe/" + service, start};
}

/// Counts respawns under what the child is, not who: few labels.
std::function<void(const std::string&)> count_as(const plan_ptr& plan, const std::string& kind) {
  return [w = std::weak_ptr{plan->world}, kind](const std::string& child) {
    if (const auto world = w.lock())
      world->facts.publish(actor_respawned{kind.empty() ? child : kind});
  };
}

supervisor_spec group_supervisor(const plan_ptr& plan, const std::string& name) {
  supervisor_spec spec;
  spec.name = "group/" + name;
  if (const auto* group = find_group(plan->spec->tree, name))
    for (const auto& service : members_of(*group))
      spec.children.push_back(probe_child(plan, service));
  spec.intensity = patience(spec.children.size());
  spec.respawned = count_as(plan, "probe");
  return spec;
}

/// `list` puts the handle of a supervisor that `supervisor_child` starts into the directory.
child_spec listed(child_spec child, std::function<void(supervisor_actor)> list) {
  child.start = [start = child.start, list = std::move(list)](caf::local_actor& self) {
    auto handle = start(self);
    list(caf::actor_cast<supervisor_actor>(handle));
    return handle;
  };
  return child;
}

child_spec group_child(const plan_ptr& plan, const std::string& name) {
  const auto make = [weak = std::weak_ptr{plan}, name] {
    const auto p = weak.lock();
    return p ? group_supervisor(p, name) : supervisor_spec{};
  };
  return listed(supervisor_child("group/" + name, make),
                [w = std::weak_ptr{plan->world}, name](supervisor_actor handle) {
                  if (const auto world = w.lock())
                    world->who.groups[name] = std::move(handle);
                });
}

supervisor_spec services_supervisor(const plan_ptr& plan) {
  supervisor_spec spec;
  spec.name = "services";
  for_each_group(plan->spec->tree, [&](const group_spec& group) {
    spec.children.push_back(group_child(plan, group.name));
  });
  spec.intensity = patience(spec.children.size());
  spec.respawned = count_as(plan, "group");
  return spec;
}

/// Known to the directory and to the publisher once it is spawned.
child_spec listener_child(const plan_ptr& plan, const listener_row& row) {
  return {row.name, [row, w = std::weak_ptr{plan->world}](caf::local_actor& self) -> caf::actor {
            const auto world = w.lock();
            if (!world)
              return {};
            auto handle = row.spawn(self, world);
            world->who.listeners[row.name] = handle;
            world->facts.moved_to(row.name, handle);
            return caf::actor_cast<caf::actor>(handle);
          }};
}

child_spec services_child(const plan_ptr& plan) {
  const auto make = [weak = std::weak_ptr{plan}] {
    const auto p = weak.lock();
    return p ? services_supervisor(p) : supervisor_spec{};
  };
  return listed(supervisor_child("services", make),
                [w = std::weak_ptr{plan->world}](supervisor_actor handle) {
                  if (const auto world = w.lock())
                    world->who.services = std::move(handle);
                });
}

} // namespace

plan_ptr make_plan(std::shared_ptr<const daemon_spec> spec, outside out, const std::string& version,
                   const remembered& before) {
  auto plan = std::make_shared<actor_plan>();
  plan->world = std::make_shared<world>();
  plan->world->out = std::move(out);
  plan->world->epoch = plan->world->out.now().mono;
  take_spec(*plan, spec);
  auto& memories = plan->memories;
  memories.metrics = std::make_shared<metrics_memory>(plan->spec->metrics_prefix, version);
  memories.restarter = std::make_shared<restarter_memory>(plan->spec, plan->world->epoch);
  take_over(*plan, before);
  plan->listeners = make_listeners(plan->memories);
  auto& facts = plan->world->facts;
  for (const auto& row : plan->listeners) {
    facts.subscribe(row.name, row.unread, row.wanted);
    plan->world->who.listeners.try_emplace(row.name);
  }
  facts.publish(config_applied{plan->spec});
  plan->world->change_probes = [weak = std::weak_ptr{plan}](const auto& before, const auto& now) {
    if (const auto p = weak.lock())
      change_probes(p, *before, now);
  };
  return plan;
}

supervisor_spec root_supervisor(const plan_ptr& plan) {
  supervisor_spec root;
  root.name = "root";
  root.strategy = strategy::rest_for_one;
  root.intensity = {10, a_minute};
  root.respawned = count_as(plan, "");
  for (const auto& row : plan->listeners)
    root.children.push_back(listener_child(plan, row));
  root.children.push_back(services_child(plan));
  return root;
}

namespace {

void remove_probe(actor_plan& plan, const std::string& service, const std::string& group) {
  auto& who = plan.world->who;
  if (const auto supervisor = who.groups.find(group); supervisor != who.groups.end())
    caf::anon_send(supervisor->second, remove_child{"probe/" + service});
  who.probes.erase(service);
  if (const auto moved = plan.services.find(service); moved != plan.services.end())
    moved->second.probe = nullptr; // to another group, where it begins anew
}

void add_probe(const plan_ptr& plan, const std::string& service, const std::string& group) {
  auto& groups = plan->world->who.groups;
  if (const auto supervisor = groups.find(group); supervisor != groups.end())
    caf::anon_send(supervisor->second, add_child{probe_child(plan, service)});
}

} // namespace

void change_probes(const plan_ptr& plan, const daemon_spec& before,
                   const std::shared_ptr<const daemon_spec>& now) {
  take_spec(*plan, now);
  auto& world = *plan->world;
  keep_pushes(world);
  const auto was = groups_of_services(before.tree);
  const auto is = groups_of_services(plan->spec->tree);
  for (const auto& [service, group] : was)
    if (const auto stays = is.find(service); stays == is.end() || stays->second != group)
      remove_probe(*plan, service, group);
  for_each_group(before.tree, [&](const group_spec& group) {
    if (!find_group(plan->spec->tree, group.name)) {
      caf::anon_send(world.who.services, remove_child{"group/" + group.name});
      world.who.groups.erase(group.name);
    }
  });
  for_each_group(plan->spec->tree, [&](const group_spec& group) {
    if (!find_group(before.tree, group.name)) // brings its probes itself
      caf::anon_send(world.who.services, add_child{group_child(plan, group.name)});
  });
  for (const auto& [service, group] : is) {
    const auto known = was.find(service);
    if (known == was.end() || known->second != group)
      add_probe(plan, service, group);
    else
      world.send_to_probe(service, respec{plan->services[service].spec});
  }
}

} // namespace reeve::actors
