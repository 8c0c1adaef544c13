#pragma once

#include "supervisor/play/scenario.hpp"
#include "supervisor/specs/daemon_spec.hpp"
#include "supervisor/words.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// What a simulation tells while it runs; the views are good during the call only.
struct simulation_event {
  enum class kind { failed, stop, start, healthy, wait, give_up, escalate, hold, exit };

  std::chrono::milliseconds at; ///< from the simulation's start
  kind what;
  std::string_view name;           ///< of a service; of a group for `escalate` and `exit`
  std::chrono::milliseconds delay; ///< of `wait`
  std::string_view reason;
};

template <>
struct words<simulation_event::kind> {
  static constexpr std::string_view all[] = {"failed",  "stop",     "start", "healthy", "wait",
                                             "give_up", "escalate", "hold",  "exit"};
};

/// What became of one service.
struct service_outcome {
  std::string name;
  std::chrono::milliseconds downtime{0}; ///< not healthy, its first start included; unless it ended
  std::uint64_t restarts = 0;            ///< starts after the first, those that failed too
  std::uint64_t give_ups = 0;

  /// Its own failures that could have been over before the end: how long after that it was healthy
  /// again, or the simulation at its end.
  struct recoveries {
    std::uint64_t count = 0;
    std::chrono::milliseconds total{0};
    std::chrono::milliseconds longest{0};
  } late;
};

struct simulation_result {
  std::vector<service_outcome> services; ///< in start order
  bool exited = false;                   ///< the root was exhausted: Reeve has ended
};

/// Plays `s` against the decisions of `service_tree`, in virtual time: the same events for the same
/// seed, everywhere. Nothing is kept of them, so a simulation is as long as one likes. Stopping and
/// starting take no time, and failures are seen at once. All restart targets are alike: what fails
/// is gone, and is started again. A service without one is only watched: it is healthy again when
/// its failure is over. Names in `s` that `spec` does not know are ignored.
simulation_result simulate(const daemon_spec& spec, const scenario& s, std::uint64_t seed,
                           const std::function<void(const simulation_event&)>& tell);

} // namespace reeve
