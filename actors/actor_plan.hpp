#pragma once

#include "actors/caf/supervisor_actor.hpp"
#include "actors/listeners.hpp"
#include "actors/probe.hpp"
#include "actors/world.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reeve::actors {

/// What all actors are started from: the memories, which outlive them, and the
/// newest config. The one place that knows who supervises whom.
struct actor_plan {
  world_ptr world;
  std::shared_ptr<const daemon_spec> spec;
  struct service {
    std::shared_ptr<const service_spec> spec; ///< part of the config's
    std::shared_ptr<probe_memory> probe;      ///< null: it has had none
  };
  std::map<std::string, service, std::less<>> services; ///< of `spec`, by name
  listener_memories memories;
  std::vector<listener_row> listeners;
};

using plan_ptr = std::shared_ptr<actor_plan>;

/// Everybody subscribed, nobody started; with what an earlier Reeve left.
plan_ptr make_plan(std::shared_ptr<const daemon_spec> spec, outside out, const std::string& version,
                   const remembered& before);

supervisor_spec root_supervisor(const plan_ptr& plan);

/// Starts and stops probes and their supervisors so that they are those of `now`.
void change_probes(const plan_ptr& plan, const daemon_spec& before,
                   const std::shared_ptr<const daemon_spec>& now);

} // namespace reeve::actors
