#pragma once

#include "supervisor/time.hpp"

#include <utility>
#include <vector>

namespace reeve {

struct intensity {
  int restarts = 5; ///< allowed inside any window; 0: the first failure exhausts
  std::chrono::milliseconds within{600'000};

  bool operator==(const intensity&) const = default;
};

/// OTP's sliding intensity window (supervisor.erl, add_restart): an entry
/// counts while it is not older than `within`; one more than `restarts` of them
/// is too many. The refused one is recorded too, as OTP does.
class restart_window {
public:
  restart_window() = default;
  /// As left by another. REQUIRES: oldest first.
  explicit restart_window(std::vector<mono_time> entries) : entries_{std::move(entries)} {
  }

  /// Records a restart at `now` and says whether it is allowed.
  bool admit(const intensity& limit, mono_time now);

  /// Restarts that count at `now`.
  int count(const intensity& limit, mono_time now) const;

  /// Oldest first; not more than can change an answer.
  const std::vector<mono_time>& entries() const {
    return entries_;
  }

  void clear();

private:
  std::vector<mono_time> entries_; // oldest first; few, and mostly none
};

} // namespace reeve
