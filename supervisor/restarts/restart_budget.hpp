#pragma once

#include "supervisor/specs/daemon_spec.hpp"
#include "supervisor/time.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace reeve {

/// The storm breaker's counters. A plan is admitted as a whole, for stopping some of a
/// group and leaving the rest for later would be worse than the storm: so one that needs
/// more than `per_minute` begins when nothing else counts.
class restart_budget {
public:
  restart_budget() = default;
  /// What another Reeve began, oldest first.
  explicit restart_budget(const std::vector<mono_time>& begun);
  /// What counts at `now`, oldest first.
  std::vector<mono_time> begun(mono_time now) const;

  /// Whether any plan could begin.
  bool has_room(const budget_spec& limit, mono_time now) const;
  /// Whether a plan of `restarts` may begin at `now`; recorded if so. Else `why_not` says
  /// what it, and all that came after it, wait for.
  bool admit(const budget_spec& limit, int restarts, mono_time now);
  std::string why_not(const budget_spec& limit, mono_time now) const;

  /// A plan that was admitted came to its end.
  void finished();

  /// What is a minute old counts no more.
  void forget_old(mono_time now);

  /// When time alone may make room, after the last `forget_old`; none: only the end of a plan does.
  std::optional<mono_time> more_room_at(const budget_spec& limit) const;

private:
  int recent(mono_time now) const;

  int running_ = 0;
  std::deque<mono_time> begun_; // oldest first
};

} // namespace reeve
