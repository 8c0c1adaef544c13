#include "io/host/startup_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace reeve::io {

void release_startup_memory() {
  malloc_trim(0);
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    void* first = nullptr;
    void* last = nullptr;
    std::array<char, 5> rights{};
    if (std::sscanf(line.c_str(), "%p-%p %4s", &first, &last, rights.data()) != 3)
      continue;
    // Only code: read-only data was perhaps written before it was protected (relocations), and
    // would be lost.
    if (std::string_view{rights.data()} == "r-xp" && line.find('/') != std::string::npos)
      madvise(first, static_cast<char*>(last) - static_cast<char*>(first), MADV_DONTNEED);
  }
}

} // namespace reeve::io
