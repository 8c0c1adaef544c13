#pragma once

#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <memory>
#include <string>

namespace reeve::cli {

/// The running Reeve: all parts made, wired to each other and taken down again in order. One
/// thread, the one that calls `run`.
class daemon {
public:
  /// `config_file` is what SIGHUP reads again.
  daemon(daemon_spec spec, std::string config_file);
  ~daemon();

  /// Binds the port. Nothing is started before that: an error leaves no trace.
  status listen();

  /// Goes on where the last Reeve with this folder ended, and keeps there what outlives this one.
  /// An error: another Reeve uses it, or it is not for us. To be called before `run`.
  status take_over(const std::string& state_dir);

  /// Starts the services, and returns when all is stopped again: on SIGTERM or SIGINT, or because
  /// the root is exhausted. Returns the process's exit code.
  int run();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::cli
