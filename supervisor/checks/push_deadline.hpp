#pragma once

#include "supervisor/checks/rule.hpp"
#include "supervisor/specs/service_spec.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace reeve {

/// What a service says of itself by a push.
struct push_signal {
  enum class kind { success, start, failure };
  kind what = kind::success;
  std::optional<int> exit_code; ///< if it was told by one
  std::string message;          ///< printable, one line; may be empty

  bool operator==(const push_signal&) const = default;
};

/// What is remembered of the pushes with one token.
struct push_record {
  struct failure {
    mono_time at;
    std::string reason;

    bool operator==(const failure&) const = default;
  };
  std::optional<mono_time> last_success;
  std::optional<failure> failed;    ///< since the last success
  std::optional<mono_time> started; ///< the newest run, if it has not ended
  /// The run that must end in time: an older one than `started` if that one was overdue
  /// when the newer began, for only a success makes up for it. With a limit for the run:
  /// the first start since the last end.
  std::optional<mono_time> measured;
  std::optional<std::chrono::milliseconds> duration; ///< of the last run that told its start

  bool operator==(const push_record&) const = default;
};

/// After a signal that came `now`.
push_record step(const push_record& before, const push_signal& signal, const push_check& limits,
                 mono_time now);

struct push_judgement {
  check_verdict verdict;
  std::optional<mono_time> deadline; ///< when it is missed if nothing comes; none: it is failed

  bool operator==(const push_judgement&) const = default;
};

/// How things stand `now` for a service that runs since `since`; what was said before
/// that is another run's, and forgotten.
///
/// - A failure holds until the next success.
/// - A success must come within period and grace of the last one, or of `since`.
/// - After a start, a success must come within the grace, if there is one; and the deadline of
///   the success before stays.
/// - With `run`: grace is for the start alone. Who starts within period and grace must succeed
///   within `run` of that, however long that is.
///
/// What is missed is so exactly at the deadline, and until the next success.
push_judgement judge(const push_record& record, const push_check& limits, mono_time since,
                     mono_time now);

} // namespace reeve
