#pragma once

#include "tests/io/support/temp_folder.hpp"

#include <signal.h>

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>

namespace reeve::io::test {

inline std::size_t open_descriptors() {
  return static_cast<std::size_t>(
    std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

/// 'R', 'S', 'Z' ...; 0: there is no such process.
inline char process_state(int pid) {
  const auto text = content_of("/proc/" + std::to_string(pid) + "/stat");
  const auto end = text.rfind(')');
  return end == std::string::npos ? '\0' : text[end + 2];
}

/// Gone, or ended and merely not waited for by whoever inherited it.
inline bool has_ended(int pid) {
  const char state = process_state(pid);
  return state == '\0' || state == 'Z' || state == 'X';
}

} // namespace reeve::io::test
