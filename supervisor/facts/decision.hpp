#pragma once

#include "supervisor/specs/restart_spec.hpp"
#include "supervisor/time.hpp"
#include "supervisor/words.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

/// One decision about a service, with the numbers that made it: what `explain` shows.
struct decision {
  enum class kind {
    wait,     ///< it will be restarted after `delay`
    restart,  ///< it is restarted now
    hold,     ///< its restart is due and is held back
    healed,   ///< it is well again, and the restart that waited is called off
    leave,    ///< it is not restarted: it ended cleanly, or its type says so
    give_up,  ///< no restart is left for it
    escalate, ///< its group is exhausted, and fails as a child of its parent
    observed, ///< not ours: somebody else stopped or started it; `reason` says who
    wake,     ///< what it depends on is back: it is restarted after `delay`
  };

  std::string service;
  kind what = kind::wait;
  std::string reason;  ///< what led to it; empty when `numbers` says all
  std::string numbers; ///< "restart 3 of 5 in 10m; delay 4.2 s = 1 s x 2^2 + jitter 0.2 s"
  std::chrono::milliseconds delay{0};
  int attempt = 0; ///< of the backoff
  int restarts_in_window = 0;
  intensity limit;

  bool operator==(const decision&) const = default;
};

/// Whether a restart helped. One that did may relapse later: then both are told.
enum class restart_outcome {
  healthy,   ///< it turned healthy
  relapsed,  ///< it did, and failed again within `relapse_time`
  no_effect, ///< it failed before it was healthy, or could not be started
};

constexpr std::chrono::minutes relapse_time{10};

struct restart_judged {
  std::string service;
  restart_outcome what = restart_outcome::healthy;
  std::chrono::milliseconds after{0}; ///< the restart; a relapse: after it was healthy

  bool operator==(const restart_judged&) const = default;
};

using tree_news = std::variant<decision, restart_judged>;

/// What was decided about a service's restarts, and how they turned out.
struct restart_record {
  struct entry {
    wall_time at;
    tree_news what;

    bool operator==(const entry&) const = default;
  };
  static constexpr std::size_t most = 20;

  std::vector<entry> newest; ///< oldest first, at most `most`
  std::optional<entry> last_outcome;
  std::uint64_t total = 0; ///< decisions and outcomes, ever; it goes on with what was kept

  bool operator==(const restart_record&) const = default;
};

template <>
struct words<decision::kind> {
  static constexpr std::string_view all[] = {"wait",    "restart",  "hold",     "healed", "leave",
                                             "give_up", "escalate", "observed", "wake"};
};
template <>
struct words<restart_outcome> {
  static constexpr std::string_view all[] = {"healthy", "relapsed", "no_effect"};
};

/// "healthy after 1.2 s", "relapsed after 3m", "no effect".
std::string describe(const restart_judged& j);

} // namespace reeve
