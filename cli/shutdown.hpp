#pragma once

#include "supervisor/daemon_spec.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace reeve::io {
class child_processes;
class loop;
} // namespace reeve::io

namespace reeve::cli {

/// The end of the daemon: children are stopped one after another, each with its stop timeout, all
/// within `limit()`; what is left then is killed. Stops the loop when nothing runs any more. Loop
/// thread only.
class shutdown {
public:
  /// What operations under way get to come to their end.
  static constexpr std::chrono::milliseconds grace{1'000};

  shutdown(io::loop& l, io::child_processes& children, const daemon_spec& spec);

  /// The longest stop timeout + 2 s.
  std::chrono::milliseconds limit() const;

  /// In this order. Children started since are killed at the end.
  void stop_children(std::vector<std::string> order);
  /// To be told of each.
  void child_exited();
  /// Kills what is left.
  void now();

private:
  void stop_next();

  io::loop& loop_;
  io::child_processes& children_;
  const daemon_spec& spec_;
  std::vector<std::string> order_; ///< still to be stopped, the next one last
  bool ordered_ = false;           ///< all in `order_` were stopped, or killed
};

} // namespace reeve::cli
