#pragma once

#include "supervisor/words.hpp"

#include <string>
#include <string_view>

namespace reeve {

/// How a service, or one of its checks, is doing. Worst last.
enum class health { healthy, degraded, starting, unknown, unhealthy };

/// What Reeve is doing about a service.
enum class supervision {
  running,    ///< nothing to do
  waiting,    ///< a restart is decided; its backoff runs until a known time
  restarting, ///< being stopped and started now
  given_up,   ///< no restart is left; a person, or the cooldown, brings it back
  paused,     ///< by a person: checked, never restarted
  ended,      ///< ended cleanly, and its restart type says to leave it
  stopped,    ///< by a person; respected, not undone
};

/// What one run of one check said.
enum class check_result {
  ok,
  degraded,
  failed,
  unknown, ///< it could not be run: says nothing about the service
  skipped, ///< not run, because the one before was still under way
};

/// The judgement on one run of a check. `reason` is one sentence part with the
/// found and the expected value ("status 500, expected 200-299"), empty when ok.
struct check_verdict {
  check_result result = check_result::ok;
  std::string reason;

  bool operator==(const check_verdict&) const = default;
};

template <>
struct words<health> {
  static constexpr std::string_view all[] = {"healthy", "degraded", "starting", "unknown",
                                             "unhealthy"};
};
template <>
struct words<supervision> {
  static constexpr std::string_view all[] = {"running", "waiting", "restarting", "given_up",
                                             "paused",  "ended",   "stopped"};
};
template <>
struct words<check_result> {
  static constexpr std::string_view all[] = {"ok", "degraded", "failed", "unknown", "skipped"};
};

/// Healthy or degraded: it does its work.
inline bool is_good(health h) {
  return h == health::healthy || h == health::degraded;
}

/// Those that depend on it need not wait for it: it is good, or nothing can be known of it.
inline bool holds_nobody(health h) {
  return is_good(h) || h == health::unknown;
}

/// The worse of the two.
inline health worse(health a, health b) {
  return a < b ? b : a;
}

/// Ended, paused and stopped services are as somebody wanted them: they do not
/// make the overall status worse.
bool counts_in_verdict(supervision s);

} // namespace reeve
