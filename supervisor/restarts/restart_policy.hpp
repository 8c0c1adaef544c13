#pragma once

#include "supervisor/restarts/restart_window.hpp"
#include "supervisor/specs/service_spec.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace reeve {

/// What one service's past restarts leave behind.
struct restart_history {
  int attempt = 0; ///< restarts since the last stable run
  std::chrono::milliseconds last_delay{0};
  std::optional<mono_time> healthy_since; ///< in this run; none: not healthy yet
  std::optional<mono_time> last_good;     ///< the newest good verdict of this run
  std::optional<mono_time> clean_since;   ///< the first uncounted exit since a failure
  std::optional<mono_time> last_clean;    ///< the newest one

  bool operator==(const restart_history&) const = default;
};

enum class restart_answer { leave, restart, refuse };

/// With the numbers that made it, for logs and `explain`.
struct restart_decision {
  restart_answer what = restart_answer::leave;
  std::chrono::milliseconds delay{0};
  int attempt = 0;            ///< of this delay's backoff
  int restarts_in_window = 0; ///< this one included
  bool uncounted = false;     ///< no failure: neither window nor backoff know of it
  bool was_stable = false;    ///< until now: the backoff begins anew

  bool operator==(const restart_decision&) const = default;
};

/// Whether all members of the group count in one window, which is its own: a person wrote its
/// limit, or its strategy ties them together. Else each member has a window of its own.
bool shares_window(const group_spec& group);

/// "more than 5 restarts within 10m".
std::string describe_excess(const intensity& limit);

/// The window in which a restart counts.
struct counting_window {
  const intensity& limit;
  restart_window& entries;
  std::string group = {};  ///< whose members share it; empty: it is the service's own
  std::string member = {}; ///< who is counted in it
};

/// "restart 3 of 5 in 10m; delay 4.2 s = 1 s x 2^2 + jitter 0.2 s". "in 10m in group 'app'" if the
/// window is that of `group`.
std::string explain(const restart_decision& d, const restart_spec& spec, const intensity& limit,
                    const std::string& group = {});

/// By which remedy attempt `attempt` (the first is 1) is made: 0 is `spec.target`, n is
/// `spec.further[n - 1]`. The last one stays.
std::size_t remedy_for(const restart_spec& spec, int attempt);

/// Whether a run that was healthy from `healthy_since` to `last_good`, or runs that ended in
/// nothing but uncounted exits from `clean_since` to `last_clean`, were long enough for the backoff
/// to begin anew: `reset_after`, default max(60 s, 2 x the current delay).
bool was_stable(const restart_spec& spec, const restart_history& history);

/// The one place where a service's restart is decided. Records it in `window`
/// and `history`. `clean`: it ended of its own accord with success. `random` in
/// [0, 1) is the jitter's. An uncounted one waits for the first delay of the backoff, always.
restart_decision decide_restart(const restart_spec& spec, const counting_window& window, bool clean,
                                restart_history& history, mono_time now, double random);

} // namespace reeve
