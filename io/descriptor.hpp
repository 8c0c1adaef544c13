#pragma once

#include <functional>
#include <utility>

namespace reeve::io {

class loop;

/// A file descriptor that is closed when its owner goes.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_{fd} {
  }
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {
  }
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  int get() const {
    return fd_;
  }
  explicit operator bool() const {
    return fd_ >= 0;
  }

private:
  int fd_ = -1;
};

/// Calls `ready` in every turn of the loop in which a descriptor can be read or has
/// been hung up, until it is destroyed, which `ready` itself may do. The descriptor
/// must live longer. Loop thread only.
class read_watch {
public:
  read_watch(loop& l, int fd, std::function<void()> ready);
  ~read_watch();
  read_watch(const read_watch&) = delete;
  read_watch& operator=(const read_watch&) = delete;

  void pause();
  void resume();

private:
  struct state;
  state* state_; ///< libuv keeps it beyond our end, until the loop's next turn
};

} // namespace reeve::io
