#pragma once

#include "io/loop/descriptor_events.hpp"

#include <uv.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace reeve::io {

/// The descriptors that a loop watches, in an epoll set of their own within libuv's: what libuv
/// does to watch one takes it eight system calls, and this three. Loop thread only.
class poll_set {
public:
  /// Throws std::runtime_error if there is no descriptor left.
  explicit poll_set(uv_loop_t& l);
  ~poll_set();
  poll_set(const poll_set&) = delete;
  poll_set& operator=(const poll_set&) = delete;

  using id = std::uint64_t;

  /// See `poll_watch`.
  id add(int fd, std::function<void(descriptor_events)> ready);
  void want(id which, descriptor_events wanted);
  void remove(id which);

private:
  struct slot {
    int fd = -1;
    std::uint32_t turn = 0; ///< of those that had this place; else an event is another's
    bool used = false;
    bool watched = false; ///< by the kernel
    descriptor_events wanted;
    std::function<void(descriptor_events)> ready;
  };

  slot* find(id which);
  void tell();
  void tell(id which, std::uint32_t there);
  void stop(slot& s);

  int epoll_;
  uv_poll_t* handle_; ///< libuv keeps it until the loop's next turn
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

} // namespace reeve::io
