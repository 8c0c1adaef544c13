#pragma once

#include "supervisor/restarts/restart_plan.hpp"
#include "supervisor/restarts/restart_window.hpp"

#include <cstddef>
#include <vector>

namespace reeve {

/// How a child came to its end.
enum class exit_kind {
  normal, ///< of its own accord, or told to with "shutdown": so ends an exhausted group
  crash,  ///< anything else
};

/// What a group of supervised children decides: OTP's supervisor without its
/// process. It rules Reeve's own actors; `service_tree` rules the user's services
/// with the same window, types and plans, and counters of its own.
class child_group {
public:
  child_group(strategy s, intensity i);

  /// Appends a child in start order; returns its index.
  std::size_t add(restart_type type);

  enum class answer {
    leave,     ///< not restarted: its type says so
    restart,   ///< carry out `plan`
    exhausted, ///< too many restarts: stop `plan.stops` (nothing is started) and fail
  };

  struct decision {
    answer what = answer::leave;
    restart_plan plan;
  };

  /// Child `index` ended by itself at `now`; nothing if it is not alive. Children
  /// that `plan` starts count as alive again: the caller carries it out. A
  /// temporary child that ended or was stopped is gone for good.
  decision ended(std::size_t index, exit_kind how, mono_time now);

  /// A start ordered by a plan failed, and so what the plan would have started
  /// after it was not started: counted, and planned anew, as OTP does.
  decision start_failed(std::size_t index, mono_time now);

  /// All alive children in reverse start order: what a shutdown stops.
  std::vector<std::size_t> shutdown_order() const;

  int restarts_in_window(mono_time now) const;

private:
  struct child {
    restart_type type;
    bool alive = true;
  };

  decision decide(std::size_t index, mono_time now);

  strategy strategy_;
  intensity intensity_;
  restart_window window_;
  std::vector<child> children_;
};

} // namespace reeve
