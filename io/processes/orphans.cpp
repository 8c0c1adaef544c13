#include "io/processes/orphans.hpp"

#include "io/loop/loop.hpp"
#include "io/processes/known_children.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <uv.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

namespace reeve::io {

namespace {

std::unordered_set<int>& known() {
  static std::unordered_set<int> pids;
  return pids;
}

/// Lives as long as the process: signal handling is the process's, not an object's.
struct orphan_reaper {
  loop& home;
  uv_signal_t on_child{};
  loop::timer_id look_again = 0;
};

void reap(orphan_reaper& r) {
  r.home.cancel(r.look_again);
  r.look_again = 0;
  for (;;) {
    siginfo_t ended{};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
      return;
    }
    if (known_children::contains(ended.si_pid)) {
      // The kernel shows one ended child at a time. Whoever waits for this one takes
      // it soon; what hides behind it is seen then.
      r.look_again = r.home.call_after(std::chrono::milliseconds{50}, [&r] { reap(r); });
      return;
    }
    waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

/// When it began, in the kernel's ticks since the boot.
std::optional<unsigned long long> start_of(int pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string stat;
  std::getline(file, stat);
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos)
    return std::nullopt;
  std::istringstream rest{stat.substr(end_of_name + 1)};
  std::string skipped;
  for (int field = 3; field < 22; ++field)
    rest >> skipped;
  unsigned long long ticks = 0;
  return rest >> ticks ? std::optional{ticks} : std::nullopt;
}

/// Those that nobody here waits for.
std::vector<int> orphans() {
  std::vector<int> all;
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task", ignored}) {
    std::ifstream children{thread.path() / "children"};
    for (int pid = 0; children >> pid;)
      if (!known_children::contains(pid))
        all.push_back(pid);
  }
  return all;
}

/// False: there were none. Those of one that ends come to us a moment later.
bool end_orphans_since(unsigned long long start) {
  bool any = false;
  for (const int pid : orphans()) {
    if (start_of(pid).value_or(0) < start)
      continue;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, WNOHANG);
    any = true;
  }
  return any;
}

} // namespace

void end_orphans_of(int pid) {
  siginfo_t ended{}; // before that its children are not ours; it is on its way
  waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  const auto start = start_of(pid);
  for (int i = 0; i < 100 && start && end_orphans_since(*start); ++i)
    poll(nullptr, 0, 1); // they are on their way; rare enough to be waited for
}

void known_children::add(int pid) {
  known().insert(pid);
}

void known_children::remove(int pid) {
  known().erase(pid);
}

bool known_children::contains(int pid) {
  return known().count(pid) != 0;
}

void reap_orphans(loop& l) {
  static std::vector<std::unique_ptr<orphan_reaper>> reapers;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto& r = *reapers.emplace_back(new orphan_reaper{l});
  r.on_child.data = &r;
  uv_signal_init(l.raw(), &r.on_child);
  uv_signal_start(
    &r.on_child, [](uv_signal_t* h, int) { reap(*static_cast<orphan_reaper*>(h->data)); }, SIGCHLD);
  l.post([&r] { reap(r); }); // what came before the signal was listened to
}

} // namespace reeve::io
