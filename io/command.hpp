#pragma once

#include "supervisor/result.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

class loop;

/// How a command came out.
struct command_result {
  enum class kind {
    exited,    ///< with `code`
    signalled, ///< `code` is the signal
    timed_out, ///< its whole process group was killed
    not_run,   ///< `output` says why it could not be started, `code` is an errno
    cancelled,
  };
  kind what = kind::exited;
  int code = 0;
  std::string output; ///< stdout and stderr, the last 4 KiB
};

/// One run of a command, no shell, in its own process group, with the file limit
/// Reeve was started with. Loop thread only.
class command {
public:
  using completion = std::function<void(command_result)>;

  /// `done` is called exactly once, never before the constructor has returned.
  command(loop& l, const std::vector<std::string>& argv, std::chrono::milliseconds timeout,
          completion done);
  /// Kills its process group if it still runs; `done` is then called with `cancelled`.
  ~command();
  /// Asks it to end: SIGTERM to its process group. Nothing if it has ended.
  void terminate();
  command(const command&) = delete;
  command& operator=(const command&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
