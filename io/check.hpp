#pragma once

#include "supervisor/rule.hpp"
#include "supervisor/service_spec.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::io {

/// What one run of a check brought.
struct check_outcome {
  enum class kind {
    answered,  ///< judge `answer` by the check's expectation
    failed,    ///< the service did not do its part: refused, timed out, reset, ...
    not_run,   ///< we could not ask: says nothing about the service
    cancelled, ///< the check object went away, or Reeve is stopping
  };
  kind what = kind::answered;
  reply answer;
  std::string reason;   ///< one sentence part, when not answered
  bool at_once = false; ///< a `not_run` that makes the service unknown at once (Docker unreachable)
  /// A `not_run` for want of descriptors, ports or memory of ours: fewer checks should
  /// run at once.
  bool exhausted = false;
  bool starting = false; ///< a `not_run` since it has only begun and says so itself: a HEALTHCHECK
  std::chrono::microseconds waited{0}; ///< for its turn, before it began
};

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

class loop;
class docker_engine;

/// Makes checks, and owns what they share (connections, certificates, the right to
/// run). Must outlive them. Loop thread only.
class check_engine {
public:
  /// `docker` may be null: docker checks then say that no engine is configured.
  check_engine(loop& l, docker_engine* docker);
  ~check_engine();

  /// REQUIRES: `spec` came from `config/` (its expressions compile). Unreadable
  /// certificate files are told by each run, as `not_run`.
  std::unique_ptr<check> make(const check_spec& spec);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The verdict on an outcome: by `evaluate` if answered.
check_verdict judge(const expectation& expected, const check_outcome& outcome);

} // namespace reeve::io
