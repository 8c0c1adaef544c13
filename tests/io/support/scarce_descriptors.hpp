#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <string>

namespace reeve::io::test {

/// Leaves this many descriptors to open, while it lives.
class scarce_descriptors {
public:
  explicit scarce_descriptors(int left) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = dup(0);
    close(next);
    limit_ = next + left;
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(limit_);
    setrlimit(RLIMIT_NOFILE, &low);
  }
  ~scarce_descriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  scarce_descriptors(const scarce_descriptors&) = delete;
  scarce_descriptors& operator=(const scarce_descriptors&) = delete;

  /// What is said of them.
  std::string reason() const {
    return "Reeve is out of file descriptors: raise the limit (ulimit -n), now "
           + std::to_string(limit_);
  }

private:
  rlimit before_{};
  int limit_ = 0;
};

} // namespace reeve::io::test
