#pragma once

#include "io/loop/poll_watch.hpp"

#include <functional>
#include <utility>

namespace reeve::io {

/// Opens /dev/null as those of stdin, stdout and stderr that are closed, so that no other file gets
/// the number of one into which the log is written. Before anything else is opened.
void open_standard_files();

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
  /// Gives it away, open.
  int release() {
    return std::exchange(fd_, -1);
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

  void pause();
  void resume();

private:
  poll_watch watch_;
};

} // namespace reeve::io
