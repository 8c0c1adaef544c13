#pragma once

#include <functional>
#include <memory>

namespace reeve::io {

class loop;

/// Keeps SIGTERM, SIGINT and SIGHUP waiting until a `signals` hears them; without one they never
/// come. To be called before there are other threads.
void hold_signals();
/// The opposite.
void release_signals();

/// Hears signals of the process as events on the loop, for as long as it lives. SIGPIPE is ignored
/// from then on. Loop thread only.
class signals {
public:
  /// `heard` is called with the signal's number, for SIGTERM, SIGINT and SIGHUP, also for those
  /// that were held.
  signals(loop& l, std::function<void(int)> heard);
  ~signals();
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
