#include "io/startup_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace reeve::io {

void release_startup_memory() {
  malloc_trim(0);
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields{line};
    std::uintptr_t first = 0;
    std::uintptr_t last = 0;
    char dash = 0;
    std::string rights, offset, device, inode, file;
    fields >> std::hex >> first >> dash >> last >> rights >> offset >> device >> inode >> file;
    // Only code: read-only data was perhaps written before it was protected (relocations), and
    // would be lost.
    if (rights == "r-xp" && file.starts_with('/'))
      madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  }
}

} // namespace reeve::io
