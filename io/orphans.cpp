#include "io/child_processes.hpp"
#include "io/known_children.hpp"
#include "io/loop.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <uv.h>

#include <memory>
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

} // namespace

void known_children::add(int pid) {
  known().insert(pid);
}

void known_children::remove(int pid) {
  known().erase(pid);
}

bool known_children::contains(int pid) {
  return known().count(pid) != 0;
}

void known_children::kill_groups() {
  for (const int pid : known())
    kill(-pid, SIGKILL);
}

void reap_orphans(loop& l) {
  static std::vector<std::unique_ptr<orphan_reaper>> reapers;
  auto& r = *reapers.emplace_back(new orphan_reaper{l});
  r.on_child.data = &r;
  uv_signal_init(l.raw(), &r.on_child);
  uv_signal_start(
    &r.on_child, [](uv_signal_t* h, int) { reap(*static_cast<orphan_reaper*>(h->data)); }, SIGCHLD);
  l.post([&r] { reap(r); }); // what came before the signal was listened to
}

} // namespace reeve::io
