#pragma once

#include <signal.h>
#include <spawn.h>

namespace reeve::io {

/// What every process we start gets: signals as if it had been started from a shell. `own`: a
/// session or a process group of its own, POSIX_SPAWN_SETSID or POSIX_SPAWN_SETPGROUP.
class spawn_attributes {
public:
  explicit spawn_attributes(short own) {
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    const auto flags = own | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~spawn_attributes() {
    posix_spawnattr_destroy(&attributes_);
  }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;

  const posix_spawnattr_t* get() const {
    return &attributes_;
  }

private:
  posix_spawnattr_t attributes_{};
};

} // namespace reeve::io
