#pragma once

#include <stdint.h> // the launcher is built without a C++ library

/// What passes between Reeve and its launcher. Both come from one build and run on
/// one machine, so plain structs travel as they are.
namespace reeve::io::launch {

// The launcher's file descriptors; 1 and 2 are the service's output.
inline constexpr int control_fd = 3; ///< a SOCK_SEQPACKET socket to Reeve
inline constexpr int job_fd = 4;     ///< a memory file: `job`, slots, groups, text
inline constexpr int output_fd = 5;  ///< the end of the service's output that Reeve reads

/// What to run; it is read once `order::kind::run` has come. Behind it lie, as `uintptr_t`
/// slots, the arguments, a null, the environment, a null; then the groups; then the text. A slot
/// holds the place of its text in the file, so that the launcher makes pointers of them by adding
/// where it mapped it.
struct job {
  uint32_t version = sizeof(job);
  uint32_t arguments = 0;
  uint32_t variables = 0;
  uint32_t groups = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t switch_user = 0;      ///< 0: run as who Reeve is
  uint32_t scripts_by_shell = 0; ///< a script whose first line names nobody is run by /bin/sh
  int32_t no_user = 0;           ///< 1: the user was not found, for the reason `user_error`
  int32_t user_error = 0;        ///< an errno; 0: there is no such user
  int32_t stop_signal = 15;      ///< should Reeve die
  int64_t stop_timeout_ms = 0;   ///< should Reeve die
  uint64_t working_folder = 0;   ///< place of its text; 0: as it is
  uint64_t turn = 0;             ///< place of the name that only one may hold; 0: none
};

/// What a start can fail at.
enum class step : int32_t {
  read_job,
  find_user,
  fork,
  user,
  parent,
  folder,
  exec,
  interpreter, ///< the file is there, what its first line names is not
  ordered,     ///< it was told to stop before it ran
};

/// From the launcher.
struct report {
  enum class kind : int32_t {
    waits,   ///< for its predecessor: `value` is the process id of that one's launcher; 0: no more
    started, ///< `value` is the process id
    failed,  ///< `value` is the `step`, `error` its errno
    exited,  ///< `value` is the wait status; nothing is left of the service. `error` is the
             ///< number of processes that it left and that were killed
  };
  kind what = kind::waits;
  int32_t value = 0;
  int32_t error = 0;
};

/// To the launcher.
struct order {
  enum class kind : int32_t {
    run,    ///< the job is written
    signal, ///< send `value` to the process group
    kill,   ///< end everything
  };
  kind what = kind::run;
  int32_t value = 0;
};

} // namespace reeve::io::launch
