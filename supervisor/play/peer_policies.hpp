#pragma once

#include "supervisor/play/scenario.hpp"
#include "supervisor/play/tuning_run.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// What a peer remembers of one service; each uses what it needs.
struct peer_memory {
  int count = 0;
  std::chrono::milliseconds delay{0};
  std::vector<std::chrono::milliseconds> times;
  std::optional<std::chrono::milliseconds> window;
};

/// A run that ended.
struct peer_death {
  std::chrono::milliseconds at;
  std::chrono::milliseconds lived;
  double random; ///< in [0, 1)
};

/// How another supervisor restarts, as its sources and manuals say.
struct peer_policy {
  std::string_view name;
  std::string_view source;
  /// How long it waits before the next start; none: it has given up.
  std::optional<std::chrono::milliseconds> (*decide)(peer_memory& memory, const peer_death& death);
};

const std::vector<peer_policy>& peer_policies();

/// Plays the failures of `service` against `peer`; other services do not matter to it.
tuning_run play_peer(const peer_policy& peer, const scenario& s, const std::string& service,
                     std::uint64_t seed);

} // namespace reeve
