#pragma once

#include "io/loop/descriptor_events.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace reeve::io {

class loop;
class poll_set;

/// Says when a descriptor can be read or written. Loop thread only.
///
/// Destroy it before the descriptor is closed; a library that may close its socket
/// and open another under the same number needs a new watch. Where the kernel
/// refuses to watch, nothing is ever told.
class poll_watch {
public:
  using events = descriptor_events;

  /// `ready` may destroy the watch. A descriptor in error is ready for everything
  /// that is wanted, once: whoever looks sees which error.
  poll_watch(loop& l, int fd, events wanted, std::function<void(events)> ready);
  ~poll_watch();
  poll_watch(const poll_watch&) = delete;
  poll_watch& operator=(const poll_watch&) = delete;

  /// From now on; nothing is a pause.
  void want(events wanted);

private:
  std::weak_ptr<poll_set> set_; ///< the loop's, which may end first
  std::uint64_t id_;
};

} // namespace reeve::io
