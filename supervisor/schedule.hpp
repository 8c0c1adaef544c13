#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace reeve {

/// Due times lie on this grid of the clock, where their interval does: what is due
/// together is begun in one go, and nobody waits for the timer's next tick.
inline constexpr std::chrono::milliseconds schedule_grid{10};

/// Fixed rate by absolute due times. First checks are spread by a hash of the
/// name over min(interval, 10 s) from `epoch`; the phase stays the same for as
/// long as the epoch does, also for a probe that is respawned.
mono_time first_due(std::string_view name, std::chrono::milliseconds interval, mono_time epoch);

struct next_check {
  mono_time due;
  std::int64_t skipped = 0; ///< whole intervals that passed unused
};

/// The due time after `due` that is later than `now`, in the same phase.
next_check next_due(mono_time due, std::chrono::milliseconds interval, mono_time now);

/// Until the first verdict after a start, checks come this often.
std::chrono::milliseconds starting_interval(std::chrono::milliseconds interval);

} // namespace reeve
