#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::io {

/// Threads for work that may hang, as everything that reads a file may. Work of one target
/// (a path, a name) runs one after the other, so what hangs holds one thread and keeps only
/// its own target waiting: there are always threads for others, up to 512 that hang.
class background {
public:
  using task = std::function<void()>;

  background();
  /// Waits for all work, which may hang for ever.
  ~background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;

  static constexpr std::chrono::milliseconds look_again{10};

  /// True: it waits for a thread; `look` after `look_again`.
  bool run(const std::string& target, task work);
  /// Makes threads for what waits, beside those that hang. True: look again.
  bool look();
  /// Until nothing is under way. False: nothing was.
  bool wait();

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace reeve::io
