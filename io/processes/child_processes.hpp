#pragma once

#include "io/loop/operation_outcome.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

class loop;

/// How a child came to its end.
struct process_exit {
  int code = 0;          ///< when it exited
  int signal = 0;        ///< when a signal ended it; else 0
  bool ordered = false;  ///< we stopped it
  bool too_slow = false; ///< to stop, so that it was killed

  bool clean() const {
    return signal == 0 && code == 0;
  }
};

/// "exited with code 1", "was killed by signal 9 (KILL)".
std::string to_string(const process_exit& e);

/// The children of Reeve: started through the launcher (see io/processes/launcher/), each
/// in a process group of its own, its output read line by line. If Reeve dies,
/// the launchers end their children. Completions and hooks are never called before
/// the call that led to them has returned, and may call back. Loop thread only.
class child_processes {
public:
  struct hooks {
    /// A child ended, by itself or ordered. Its last output was given before.
    std::function<void(const std::string& name, const process_exit& e)> exited =
      [](const std::string&, const process_exit&) {};
    /// A line of its output, without the newline; lines over 8 KiB come in pieces. A
    /// child that writes megabytes a second is made to wait.
    std::function<void(const std::string& name, std::string_view line)> output =
      [](const std::string&, std::string_view) {};
    /// Its start waits until what the Reeve before this one ran under its name is gone, or no
    /// more. That takes no part of its start timeout.
    std::function<void(const std::string& name, bool waits)> waits = [](const std::string&, bool) {
    };
  };

  /// `launcher`: path of the launcher executable. `ours`: what a Reeve and its successor have in
  /// common and no other has; each of its children waits for what still runs of the one before it
  /// (on this machine, in this network namespace). Empty: they do not.
  child_processes(loop& l, std::string launcher, hooks h, std::vector<std::string> ours = {});
  /// Ends all children at once, with SIGKILL, and waits for that. No hook is called;
  /// pending completions are, with an error. REQUIRES: not within a hook.
  ~child_processes();

  using completion = std::function<void(operation_outcome)>;

  /// Done when the command runs, or with the reason why it cannot (not found, not
  /// executable, no such user, no such cwd, nothing of that within `spec.start_timeout`); it is
  /// the machine's where Reeve or its machine ran out of something.
  /// An error if it runs already or is still being stopped. `stop_timeout` is what the
  /// launcher grants it should Reeve die.
  void start(const std::string& name, const process_spec& spec,
             std::chrono::milliseconds stop_timeout, completion done);

  /// Its stop signal to its process group, after `stop_timeout` KILL; done when all
  /// of it is gone. At once if it does not run. Of several calls the earliest time to
  /// KILL counts.
  void stop(const std::string& name, std::chrono::milliseconds stop_timeout, completion done);

  /// Nothing can be started any more.
  void close();
  /// The same, and SIGKILL to everything that runs.
  void kill_all();

  /// Its process id, if it runs: read from here after losing track.
  std::optional<int> pid_of(std::string_view name) const;
  /// How it ended last; none: it runs, or never ran.
  std::optional<process_exit> last_exit(std::string_view name) const;
  /// Why the newest start failed; none: it has run since, or was never started.
  std::optional<std::string> why_not_started(std::string_view name) const;
  /// Those that run, start or are being stopped.
  std::vector<std::string> names() const;
  std::size_t running() const;
  /// Until the last of those that are being stopped is killed.
  std::chrono::milliseconds longest_stop() const;
  /// Forgets a child that is not running.
  void forget(const std::string& name);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
