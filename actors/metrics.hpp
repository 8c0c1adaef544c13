#pragma once

#include "actors/metrics_memory.hpp"
#include "actors/world.hpp"

#include <memory>
#include <string>

namespace reeve::actors {

/// Owns every series: makes numbers of facts. `metrics_text` shows them.
class metrics_state {
public:
  using pointer = metrics_actor::stateful_pointer<metrics_state>;

  std::string name = "metrics"; ///< read by CAF

  void begin(world_ptr w, std::shared_ptr<metrics_memory> memory);
  void heard(const told& t);

private:
  void take(const fact& f);
  void take_config(const daemon_spec& spec);

  world_ptr world_;
  std::shared_ptr<metrics_memory> memory_;
};

metrics_actor::behavior_type metrics(metrics_state::pointer self, world_ptr w,
                                     std::shared_ptr<metrics_memory> memory);

} // namespace reeve::actors
