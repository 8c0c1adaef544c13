#include "io/loop/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace reeve::io {

descriptor::~descriptor() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

void open_standard_files() {
  int fd = 0;
  do
    fd = open("/dev/null", O_RDWR);
  while (fd >= STDIN_FILENO && fd < STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close(fd);
}

read_watch::read_watch(loop& l, int fd, std::function<void()> ready)
    : watch_{l, fd, {.read = true}, [ready = std::move(ready)](poll_watch::events) { ready(); }} {
}

void read_watch::pause() {
  watch_.want({});
}

void read_watch::resume() {
  watch_.want({.read = true});
}

} // namespace reeve::io
