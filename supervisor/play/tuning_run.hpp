#pragma once

#include "supervisor/play/simulation.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace reeve {

/// What one policy made of one scenario with one seed, for one service.
struct tuning_run {
  service_outcome::recoveries late;
  std::uint64_t restarts = 0;
  std::optional<std::chrono::milliseconds> gave_up_at; ///< the first time
};

} // namespace reeve
