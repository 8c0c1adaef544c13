#pragma once

#include "io/check.hpp"
#include "supervisor/time.hpp"

#include <chrono>

namespace reeve::io {

/// Whether a timeout is noticed so late that the slow one may have been Reeve.
inline bool was_held_up(mono_time deadline) {
  return std::chrono::steady_clock::now() > deadline + std::chrono::seconds{1};
}

inline check_outcome held_up() {
  return {check_outcome::kind::not_run, {}, "Reeve itself was held up and came too late", false};
}

} // namespace reeve::io
