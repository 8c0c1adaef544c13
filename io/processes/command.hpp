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
    timed_out, ///< it is being killed
    not_run,   ///< `output` says why it could not be started, `code` is an errno
    cancelled,
  };
  kind what = kind::exited;
  int code = 0;
  std::string output; ///< stdout and stderr, the last 4 KiB
  int left = 0;       ///< processes that it left behind when it ended; they were killed
};

/// One run of a command, no shell, held by a launcher (see io/processes/launcher/): what it began
/// is gone when it is told to have ended, and when Reeve ends. Loop thread only.
class command {
public:
  using completion = std::function<void(command_result)>;

  /// `timeout` is for its start and its run, `stop_timeout` between SIGTERM and SIGKILL should
  /// Reeve end; 0: it is killed at once. `done` is called exactly once, never before the
  /// constructor has returned.
  command(loop& l, const std::vector<std::string>& argv, std::chrono::milliseconds timeout,
          completion done, std::chrono::milliseconds stop_timeout = {});
  /// Kills all of it if it still runs; `done` is then called with `cancelled`.
  ~command();
  /// Asks it to end: SIGTERM to its process group. Nothing if it has ended.
  void terminate();
  command(const command&) = delete;
  command& operator=(const command&) = delete;

  /// Nothing of it is left. What was killed after its timeout may hang in the kernel.
  bool gone() const;
  /// Its program ran, at the least.
  bool started() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
