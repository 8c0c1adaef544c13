#pragma once

#include <sys/resource.h>

namespace reeve::io {

/// Raises the soft limit of open files to the hard one. Once, at start.
void raise_file_limit();

/// The soft limit before that; 0 if nothing was raised.
rlim_t file_limit_at_start();

/// While one of these lives, what is started inherits the soft limit from before
/// `raise_file_limit`: programs that use select() or close every possible
/// descriptor do not survive a large one. Keep it just around the `posix_spawn`:
/// new descriptors of ours (pipes, pidfds) are opened before and after. Loop
/// thread only.
class original_file_limit {
public:
  original_file_limit();
  ~original_file_limit();
  original_file_limit(const original_file_limit&) = delete;
  original_file_limit& operator=(const original_file_limit&) = delete;

private:
  rlimit raised_{};
  bool lowered_ = false;
};

} // namespace reeve::io
