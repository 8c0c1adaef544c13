// exec_memory MEGABYTES RUNS: fills its memory up to MEGABYTES, runs exec checks of /bin/true one
// after another, and prints the processor time of one (ours, not the command's).

#include "io/checks/check_engine.hpp"
#include "io/host/process_usage.hpp"
#include "io/loop/loop.hpp"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace {

double cpu_microseconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto in_us = [](const timeval& t) {
    return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
  };
  return in_us(used.ru_utime) + in_us(used.ru_stime);
}

struct series {
  reeve::io::loop& loop;
  reeve::io::check& check;
  int left;
  int bad = 0;

  void next() {
    if (left-- == 0)
      return loop.stop();
    check.run([this](const reeve::check_outcome& o) {
      bad += o.what == reeve::check_outcome::kind::answered ? 0 : 1;
      loop.post([this] { next(); });
    });
  }
};

/// Runs them all; how many did not end well.
int run(int runs) {
  reeve::io::loop loop;
  reeve::io::check_engine engine{loop, nullptr};
  reeve::check_spec spec;
  spec.target = reeve::exec_check{{"/bin/true"}};
  auto check = engine.make(spec);
  series all{loop, *check, runs};
  loop.post([&all] { all.next(); });
  loop.run();
  return all.bad;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  const auto wanted = std::strtoull(argv[1], nullptr, 10) << 20;
  const int runs = std::atoi(argv[2]);
  int bad = run(runs / 10 + 1); // what is needed once only
  const auto own = reeve::io::read_process_usage().resident_bytes;
  const std::vector<char> ballast(wanted > own ? wanted - own : 1, 'x');
  const auto resident = reeve::io::read_process_usage().resident_bytes;
  const auto before = cpu_microseconds();
  bad += run(runs);
  const auto used = cpu_microseconds() - before;
  std::printf(R"({"microseconds": %.2f, "megabytes": %.1f, "bad": %d})"
              "\n",
              used / runs, static_cast<double>(resident) / (1 << 20), bad);
  return ballast.back() == 'x' && bad == 0 ? 0 : 1;
}
