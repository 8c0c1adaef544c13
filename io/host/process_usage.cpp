#include "io/host/process_usage.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace reeve::io {

namespace {

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

int count_open_fds() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr)
    return 0;
  int entries = 0;
  while (readdir(folder) != nullptr)
    ++entries;
  closedir(folder);
  return entries - 3; // ".", ".." and the folder's own
}

std::uint64_t read_resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// proc(5): field 22 of stat is the start in clock ticks since boot, `btime` in
// /proc/stat the boot in Unix time.
double read_start_time() {
  std::ifstream file{"/proc/self/stat"};
  std::string stat;
  std::getline(file, stat);
  auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos)
    return 0;
  std::istringstream fields{stat.substr(end_of_name + 1)};
  std::string field;
  for (int i = 3; i <= 22; ++i)
    fields >> field;
  double ticks = std::strtod(field.c_str(), nullptr);
  std::ifstream system{"/proc/stat"};
  double boot = 0;
  for (std::string key; system >> key;) {
    if (key == "btime") {
      system >> boot;
      break;
    }
  }
  return boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

} // namespace

process_usage read_process_usage() {
  static const double start_time = read_start_time();
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return {seconds(used.ru_utime) + seconds(used.ru_stime), read_resident_bytes(), count_open_fds(),
          start_time};
}

} // namespace reeve::io
