#pragma once

#include "tests/io/support/temp_folder.hpp"

#include <signal.h>

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <sstream>
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

inline int parent_of(int pid) {
  const auto text = content_of("/proc/" + std::to_string(pid) + "/stat");
  std::istringstream rest{text.substr(text.rfind(')') + 2)};
  char state = 0;
  int parent = 0;
  rest >> state >> parent;
  return parent;
}

} // namespace reeve::io::test
