#pragma once

#include "supervisor/restarts/stop_order.hpp"
#include "supervisor/specs/daemon_spec.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace reeve::io {
class child_processes;
class loop;
class restart_targets;
} // namespace reeve::io

namespace reeve::cli {

/// The end of the daemon: every service gets its stop signal in the order of `stop_order`, and its
/// own full stop timeout; what is under way on others comes to its end. Stops the loop when all
/// that is over. Loop thread only.
class shutdown {
public:
  /// `under_way`: services on which an operation is being carried out. Nothing is started from now
  /// on.
  shutdown(io::loop& l, io::child_processes& children, io::restart_targets& targets,
           std::shared_ptr<const daemon_spec> spec, std::set<std::string> under_way);

  /// How long it takes at the most; whoever is left then is killed.
  std::chrono::milliseconds limit() const;
  /// "3 processes and 1 restart"; empty: there is nothing to wait for.
  std::string what_is_left() const;

  void begin();
  /// To be told of each.
  void operation_ended(const std::string& service);
  /// To be told once: no operation is under way or will begin.
  void operations_are_over();
  /// Kills what is left, and says what that cuts short; `why` begins the line.
  void cut_short(const std::string& why);

private:
  struct stopping {
    mono_time since;
    std::chrono::milliseconds timeout;
  };

  void stop_ready();
  void stop(const std::string& name);
  void tell_if_killed(const std::string& name) const;
  void ended(const std::string& name);
  void finish_if_done();
  void kill_all();
  std::string state_of(const std::string& name, const stopping& s) const;
  std::chrono::milliseconds timeout_of(const std::string& name) const;

  io::loop& loop_;
  io::child_processes& children_;
  io::restart_targets& targets_;
  std::shared_ptr<const daemon_spec> spec_;
  std::set<std::string> operations_; ///< on what is no process of ours
  stop_order order_;
  std::chrono::milliseconds limit_;
  std::map<std::string, stopping> stopping_;
  bool operations_over_ = false;
  bool killed_ = false;
};

} // namespace reeve::cli
