#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reeve {

struct check_spec;
struct health_machine;

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

/// The usual time that comes next after `now`, of those in the phase of `first` and not before it.
mono_time usual_time(mono_time first, std::chrono::milliseconds interval, mono_time now);

/// Until the first verdict after a start, checks come this often.
std::chrono::milliseconds starting_interval(std::chrono::milliseconds interval);

/// What was never well since its start is given this long between its failures, and so is what
/// could not be asked: neither is known to be a fault of the service.
inline constexpr std::chrono::milliseconds patience{15'000};

/// How long after the end of a run that left `m` behind its check is asked again, if that is sooner
/// than by its interval; none: at its usual time.
///
/// - No verdict yet: `starting_interval`.
/// - Well, and it failed: `retry`. Down, and it answered: the same, until `healthy_after`.
/// - Down: `retry`, twice as long after each further failure.
/// - Starting and failed, or it could not be asked: `patience`, or `retry` if that is longer.
///
/// Each run in a row that could not be made doubles it.
std::optional<std::chrono::milliseconds> pause_after(const health_machine& m,
                                                     const check_spec& check);

/// One run of a check.
struct check_run {
  mono_time began;
  mono_time ended;
};

/// When a check is asked again whose pause after `last` is `pause`: then, or up to a tenth of the
/// pause sooner (by a hash of its name, so that those that failed together are not asked together),
/// or at a usual time before that which is a whole pause after the beginning of `last`. `first` is
/// the first of its usual times.
mono_time due_again(std::string_view name, const check_run& last, std::chrono::milliseconds pause,
                    mono_time first, std::chrono::milliseconds interval);

/// Whether a check that failed at `ended` is so fresh a witness at `now` that to ask it once more
/// would be no second opinion: sooner than it would be asked by its `retry`.
bool is_fresh_witness(const check_spec& check, mono_time ended, mono_time now);

} // namespace reeve
