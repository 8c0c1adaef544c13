#pragma once

#include "actors/aggregator.hpp"
#include "actors/metrics.hpp"
#include "actors/probe.hpp"
#include "actors/restarter.hpp"
#include "actors/supervisor_actor.hpp"
#include "actors/world.hpp"

#include <map>
#include <memory>
#include <string>

namespace reeve::actors {

/// What all actors are started from: the memories, which outlive them, and the
/// newest config. The one place that knows who supervises whom.
struct actor_plan {
  world_ptr world;
  std::shared_ptr<const daemon_spec> spec;
  /// Of `spec`, by name.
  std::map<std::string, std::shared_ptr<const service_spec>, std::less<>> services;
  std::shared_ptr<metrics_memory> metrics;
  std::shared_ptr<aggregator_memory> aggregator;
  std::shared_ptr<restarter_memory> restarter;
  std::map<std::string, std::shared_ptr<probe_memory>, std::less<>> probes;
};

using plan_ptr = std::shared_ptr<actor_plan>;

/// Everybody subscribed, nobody started.
plan_ptr make_plan(daemon_spec spec, outside out, const std::string& version);

supervisor_spec root_supervisor(const plan_ptr& plan);

/// Starts and stops probes and their supervisors so that they are those of `now`.
void change_probes(const plan_ptr& plan, const daemon_spec& before,
                   const std::shared_ptr<const daemon_spec>& now);

} // namespace reeve::actors
