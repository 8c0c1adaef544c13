#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct uv_loop_s;

namespace reeve::io {

class poll_set;

/// The one event loop: a libuv loop with what the rest of the house needs of it.
///
/// Threads: `post`, `stop` and `on_loop_thread` may be called from any thread,
/// everything else only on the thread that is in `run` (or before it is).
class loop {
public:
  loop();
  /// REQUIRES: not running. Runs what was posted and not run yet, and closes what
  /// is left.
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// Runs on the calling thread until `stop`. May be called again afterwards.
  void run();
  void stop();
  bool on_loop_thread() const;

  using task = std::function<void()>;

  /// Runs `t` on the loop thread, after what was posted before.
  void post(task t);

  using timer_id = std::uint64_t; ///< 0 is never given out

  /// Runs `t` once at `due`, or in the next turn if that has passed.
  timer_id call_at(mono_time due, task t);
  timer_id call_after(std::chrono::milliseconds d, task t);
  /// Nothing happens if it has run or was cancelled.
  void cancel(timer_id id);

  /// Called in every turn before the loop waits for I/O and again after it; true
  /// means "I have more to do: do not wait". One hook at a time; empty removes it.
  void set_turn_hook(std::function<bool()> hook);

  /// Runs `work` on another thread, then `done` on the loop thread. Work of the same
  /// `target` waits for what came before; what hangs keeps no other target's waiting.
  void in_background(const std::string& target, task work, task done);

  /// The turn's time; refreshed once per turn.
  mono_time now() const;

  /// Counts the turns: who may take only so much of one asks whether it is another.
  /// (`now` may move within one, when very many sockets are ready.)
  std::uint64_t turn() const;

  /// The longest turn (waiting not counted) since the last call.
  std::chrono::microseconds take_longest_turn();

  /// For the rest of `io/` and for `http/`'s sockets.
  uv_loop_s* raw();
  /// For `poll_watch`. Null: the loop ends.
  const std::shared_ptr<poll_set>& polls();

private:
  void look_at_threads_soon();

  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
