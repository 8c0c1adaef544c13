#pragma once

#include "actors/listener_state.hpp"
#include "actors/metrics_memory.hpp"

#include <string>

namespace reeve::actors {

/// Owns every series: makes numbers of facts. `metrics_text` shows them.
class metrics_state : public listener_state<metrics_memory> {
public:
  std::string name = "metrics"; ///< read by CAF

private:
  void take(const fact& f) override;
  void take_config(const daemon_spec& spec);
};

} // namespace reeve::actors
