#pragma once

#include <cstdint>

namespace reeve::io {

/// What this process uses, as the `process_*` metrics want it.
struct process_usage {
  double cpu_seconds = 0; ///< user and system, since the start
  std::uint64_t resident_bytes = 0;
  int open_fds = 0;
  double start_time = 0; ///< Unix time, in seconds
};

/// Read from /proc; fields that cannot be read are 0. Any thread.
process_usage read_process_usage();

} // namespace reeve::io
