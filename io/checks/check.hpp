#pragma once

#include "io/loop/fault.hpp"
#include "supervisor/checks/check_outcome.hpp"

#include <functional>
#include <utility>

namespace reeve::io {

/// One check of one service, prepared. Owned by whoever runs it; loop thread only.
class check {
public:
  using completion = std::function<void(check_outcome)>;

  /// A run under way is broken off; its completion is called with `cancelled`
  /// before the destructor returns.
  virtual ~check() = default;

  /// Runs once. `done` is called exactly once, on the loop thread, never before
  /// `run` has returned, and at the latest when the check's timeout has passed since
  /// it began.
  /// REQUIRES: no run under way.
  virtual void run(completion done) = 0;

  /// Whether the run under way has not begun: too many others are.
  virtual bool waits_for_its_turn() const {
    return false;
  }
};

/// What a run comes to that could not ask.
inline check_outcome outcome_of(fault f) {
  using kind = check_outcome::kind;
  return {.what = f.ours ? kind::not_run : kind::failed,
          .reason = std::move(f.reason),
          .exhausted = f.exhausted};
}

} // namespace reeve::io
