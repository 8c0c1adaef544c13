#pragma once

#include "supervisor/specs/restart_spec.hpp"
#include "supervisor/time.hpp"

#include <string>
#include <utility>
#include <vector>

namespace reeve {

/// OTP's sliding intensity window (supervisor.erl, add_restart): an entry
/// counts while it is not older than `within`; one more than `restarts` of them
/// is too many. The refused one is recorded too, as OTP does.
class restart_window {
public:
  struct entry {
    mono_time at;
    std::string by; ///< the member that was restarted; empty: nobody says
  };

  restart_window() = default;
  /// As left by another. REQUIRES: oldest first.
  explicit restart_window(std::vector<entry> entries) : entries_{std::move(entries)} {
  }

  /// Records a restart at `now` and says whether it is allowed.
  bool admit(const intensity& limit, mono_time now, std::string by = {});

  /// Restarts that count at `now`.
  int count(const intensity& limit, mono_time now) const;

  /// Oldest first; not more than can change an answer.
  const std::vector<entry>& entries() const {
    return entries_;
  }

  void clear();

private:
  std::vector<entry> entries_; // oldest first; few, and mostly none
};

} // namespace reeve
