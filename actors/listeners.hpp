#pragma once

#include "actors/aggregator.hpp"
#include "actors/metrics_memory.hpp"
#include "actors/publisher.hpp"
#include "actors/restarter_memory.hpp"
#include "actors/world.hpp"

#include <caf/fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reeve::actors {

/// What the listeners leave to their successors, where others look at it too.
struct listener_memories {
  std::shared_ptr<metrics_memory> metrics;
  std::shared_ptr<aggregator_memory> aggregator = std::make_shared<aggregator_memory>();
  std::shared_ptr<restarter_memory> restarter;
};

/// One who listens to facts, an actor below the root. From its row it is subscribed,
/// started and started again, listed in the directory, asked whether it is alive, and
/// killed by tests.
struct listener_row {
  std::string name; ///< in the tree of actors, the log and the metrics
  std::shared_ptr<journal> unread;
  publisher::filter wanted;
  /// A new one, with the memory of the one before.
  std::function<listener(caf::local_actor& parent, const world_ptr& w)> spawn;
};

/// All listeners, in the order in which they start. A memory at which nobody else looks
/// is made here.
std::vector<listener_row> make_listeners(const listener_memories& memories);

} // namespace reeve::actors
