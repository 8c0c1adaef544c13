#pragma once

#include "actors/handles.hpp"
#include "supervisor/checks/service_health.hpp"
#include "supervisor/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace reeve::actors {

/// What a probe leaves to its successor. Only the one probe that lives uses it.
struct probe_memory {
  probe_memory(std::shared_ptr<const service_spec> s, mono_time now)
      : spec{std::move(s)}, health{spec, now} {
  }

  std::shared_ptr<const service_spec> spec;
  service_health health;
  run_level level;                    ///< as last heard of
  std::uint32_t incarnation = 0;      ///< of the run that `health` is about
  service_health::picture last_told;  ///< what the world was told last,
  std::uint32_t told_incarnation = 0; ///< and of which run

  std::uint64_t last_number = 0; ///< of rounds, runs and watches; never used twice

  bool double_supervision_told = false;

  // Who uses it, and how the one before came to its end.
  bool worked = false;     ///< at all: this is not the first one
  std::uint64_t owner = 0; ///< the newest probe; one that is about to be stopped sees it is not
  bool owned = false;      ///< that one lives
  bool in_use = false;     ///< still set when the next one comes, and not owned: it crashed
  int crashes = 0;         ///< in a row
  mono_time last_crash;
};

} // namespace reeve::actors
