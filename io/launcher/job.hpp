#pragma once

#include <cstdint>

/// What passes between Reeve and its launcher. Both come from one build and run on
/// one machine, so plain structs travel as they are.
namespace reeve::io::launch {

// The launcher's file descriptors; 1 and 2 are the service's output.
inline constexpr int control_fd = 3; ///< a SOCK_SEQPACKET socket to Reeve
inline constexpr int job_fd = 4;     ///< a memory file: `job`, slots, groups, text
inline constexpr int output_fd = 5;  ///< the end of the service's output that Reeve reads

/// What to run. Behind it lie, as `std::uintptr_t` slots, the arguments, a null, the
/// environment, a null; then the groups; then the text. A slot holds the place of
/// its text in the file, so that the launcher makes pointers of them by adding
/// where it mapped it.
struct job {
  std::uint32_t version = sizeof(job);
  std::uint32_t arguments = 0;
  std::uint32_t variables = 0;
  std::uint32_t groups = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t switch_user = 0;    ///< 0: run as who Reeve is
  std::int32_t stop_signal = 15;    ///< should Reeve die
  std::int64_t stop_timeout_ms = 0; ///< should Reeve die
  std::uint64_t working_folder = 0; ///< place of its text; 0: as it is
};

/// What a start can fail at.
enum class step : std::int32_t { read_job, fork, user, parent, folder, exec };

/// From the launcher.
struct report {
  enum class kind : std::int32_t {
    started, ///< `value` is the process id
    failed,  ///< `value` is the `step`, `error` its errno
    exited,  ///< `value` is the wait status; nothing is left of the service
  };
  kind what = kind::started;
  std::int32_t value = 0;
  std::int32_t error = 0;
};

/// To the launcher.
struct order {
  enum class kind : std::int32_t {
    signal, ///< send `value` to the process group
    kill,   ///< end everything
  };
  kind what = kind::signal;
  std::int32_t value = 0;
};

} // namespace reeve::io::launch
