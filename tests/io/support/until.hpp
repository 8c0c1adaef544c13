#pragma once

#include "io/loop/loop.hpp"

#include <chrono>
#include <functional>

namespace reeve::io::test {

/// Runs the loop until `condition` holds; false if it does not within `limit`.
inline bool run_until(loop& l, const std::function<bool()>& condition,
                      std::chrono::milliseconds limit = std::chrono::seconds{30}) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  bool held = false;
  std::function<void()> look = [&] {
    held = condition();
    if (held || std::chrono::steady_clock::now() > deadline)
      l.stop();
    else
      l.call_after(std::chrono::milliseconds{1}, look);
  };
  l.post(look);
  l.run();
  return held;
}

/// Lets the loop run for `d`: for what must not happen.
inline void run_for(loop& l, std::chrono::milliseconds d) {
  l.call_after(d, [&l] { l.stop(); });
  l.run();
}

} // namespace reeve::io::test
