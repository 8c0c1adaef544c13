// Holds one service for Reeve: starts it, ends whatever it leaves behind, and ends
// it altogether when Reeve is gone, however that came. See README.md.
//
// One of these runs beside every service, so it is linked statically, allocates
// nothing and uses neither streams nor exceptions.

#include "io/launcher/job.hpp"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

using namespace reeve::io::launch;

constexpr int look_again_ms = 20; // while something is being killed

struct mapped_job {
  job* what = nullptr;
  size_t size = 0;

  char* text(std::uint64_t place) const {
    return reinterpret_cast<char*>(what) + place;
  }
  char** arguments() const {
    return reinterpret_cast<char**>(what + 1);
  }
  char** variables() const {
    return arguments() + what->arguments + 1;
  }
  gid_t* groups() const {
    return reinterpret_cast<gid_t*>(variables() + what->variables + 1);
  }
};

void tell(report::kind what, int value, int error = 0) {
  const report r{what, value, error};
  send(control_fd, &r, sizeof r, MSG_NOSIGNAL); // if Reeve is gone, nobody needs to know
}

[[noreturn]] void fail(step at, int error) {
  tell(report::kind::failed, static_cast<int>(at), error);
  _exit(1);
}

mapped_job read_job() {
  struct stat s {};
  if (fstat(job_fd, &s) != 0) {
    fail(step::read_job, errno);
  }
  const auto size = static_cast<size_t>(s.st_size);
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, job_fd, 0);
  if (at == MAP_FAILED) {
    fail(step::read_job, errno);
  }
  close(job_fd);
  const mapped_job j{static_cast<job*>(at), size};
  if (size < sizeof(job) || j.what->version != sizeof(job)) {
    fail(step::read_job, EPROTO);
  }
  char** slot = j.arguments();
  for (auto n = j.what->arguments + j.what->variables + 2; n > 0; --n, ++slot) {
    if (*slot != nullptr) {
      *slot = j.text(reinterpret_cast<std::uint64_t>(*slot));
    }
  }
  return j;
}

// ---- in the service's process, before it becomes the service

struct failure {
  step at;
  int error;
};

[[noreturn]] void give_up(int to_launcher, step at) {
  const failure f{at, errno};
  [[maybe_unused]] const auto n = write(to_launcher, &f, sizeof f);
  _exit(127);
}

bool become_user(const mapped_job& j) {
  return setgroups(j.what->groups, j.groups()) == 0 && setgid(j.what->gid) == 0
         && setuid(j.what->uid) == 0;
}

[[noreturn]] void become_service(const mapped_job& j, pid_t launcher, int to_launcher) {
  setpgid(0, 0);
  if (j.what->switch_user != 0 && !become_user(j)) {
    give_up(to_launcher, step::user);
  }
  // After the change of user, which takes the death signal away.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != launcher) {
    give_up(to_launcher, step::parent);
  }
  if (j.what->working_folder != 0 && chdir(j.text(j.what->working_folder)) != 0) {
    give_up(to_launcher, step::folder);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  environ = j.variables(); // before execvp, which looks for PATH in it
  execvp(j.arguments()[0], j.arguments());
  give_up(to_launcher, step::exec);
}

// ---- in the launcher

/// Returns when the service's command runs.
pid_t start(const mapped_job& j) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    fail(step::fork, errno);
  }
  const pid_t launcher = getpid();
  const pid_t service = fork();
  if (service < 0) {
    fail(step::fork, errno);
  }
  if (service == 0) {
    become_service(j, launcher, ends[1]);
  }
  close(ends[1]);
  failure f{};
  ssize_t n = 0;
  do {
    n = read(ends[0], &f, sizeof f);
  } while (n < 0 && errno == EINTR);
  close(ends[0]);
  if (n == static_cast<ssize_t>(sizeof f)) {
    waitpid(service, nullptr, 0);
    fail(f.at, f.error);
  }
  return service;
}

long long now_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1'000'000;
}

/// SIGKILL to every child, adopted ones too. How many could be sent it; those of
/// another user that we may not signal are left alone.
int kill_children() {
  const int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (list < 0) {
    return 0;
  }
  int reached = 0;
  pid_t pid = 0;
  char piece[1024];
  for (ssize_t n = 0; (n = read(list, piece, sizeof piece)) > 0;) {
    for (const char* c = piece; c != piece + n; ++c) {
      if (*c >= '0' && *c <= '9') {
        pid = pid * 10 + (*c - '0');
      } else if (pid != 0) {
        reached += kill(pid, SIGKILL) == 0 ? 1 : 0;
        pid = 0;
      }
    }
  }
  close(list);
  return reached;
}

class service {
public:
  service(pid_t pid, int children) : pid_{pid}, child_ended_{children} {
  }

  /// Carries out orders until the main process has ended; its wait status.
  int watch(int stop_signal, long long stop_timeout_ms) {
    int status = 0;
    while (!reap(status)) {
      pollfd wait_for[] = {{child_ended_, POLLIN, 0}, {control_, POLLIN, 0}, {unheard_, POLLIN, 0}};
      poll(wait_for, 3, patience());
      forget_signals();
      if (wait_for[2].revents != 0) {
        discard_output();
      }
      if (wait_for[1].revents != 0 && !obey()) {
        control_ = -1; // Reeve is gone
        unheard_ = output_fd;
        signal_group(stop_signal);
        kill_by(now_ms() + stop_timeout_ms);
      }
      if (kill_at_ >= 0 && now_ms() >= kill_at_) {
        kill_everything();
      }
    }
    return status;
  }

  /// Ends what the main process left behind.
  void end_rest() {
    int status = 0;
    for (;;) {
      pid_t ended = 0;
      while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      }
      if (ended < 0 || kill_children() == 0) {
        return;
      }
      pollfd wait_for{child_ended_, POLLIN, 0};
      poll(&wait_for, 1, look_again_ms);
      forget_signals();
    }
  }

private:
  /// Reaps what has ended; true once that was the main process.
  bool reap(int& status) {
    for (;;) {
      siginfo_t ended{};
      if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
        return false;
      }
      if (ended.si_pid == pid_) {
        kill(-pid_, SIGKILL); // while the number of the group is still taken
      }
      waitpid(ended.si_pid, &status, 0);
      if (ended.si_pid == pid_) {
        return true;
      }
    }
  }

  int patience() const {
    if (kill_at_ < 0) {
      return -1;
    }
    const auto left = kill_at_ - now_ms();
    if (left <= 0) {
      return look_again_ms;
    }
    return left > 1'000'000 ? 1'000'000 : static_cast<int>(left);
  }

  void forget_signals() {
    signalfd_siginfo seen[4];
    while (read(child_ended_, seen, sizeof seen) > 0) {
    }
  }

  /// Instead of Reeve, so that what the service says while it ends does not end it.
  void discard_output() {
    char piece[4096];
    if (read(unheard_, piece, sizeof piece) == 0) {
      unheard_ = -1;
    }
  }

  /// False: there is nobody left to obey.
  bool obey() {
    order o{};
    const ssize_t n = recv(control_, &o, sizeof o, MSG_DONTWAIT);
    if (n < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    if (n != static_cast<ssize_t>(sizeof o)) {
      return false;
    }
    if (o.what == order::kind::signal) {
      signal_group(o.value);
    } else {
      kill_by(now_ms());
    }
    return true;
  }

  void kill_by(long long due) {
    kill_at_ = kill_at_ < 0 || due < kill_at_ ? due : kill_at_;
  }

  void signal_group(int signal) {
    if (kill(-pid_, signal) != 0) {
      kill(pid_, signal); // it went to another group
    }
    kill(-pid_, SIGCONT); // a stopped process would not hear it
  }

  void kill_everything() {
    kill(-pid_, SIGKILL);
    kill_children();
  }

  pid_t pid_;
  int child_ended_;
  int control_ = control_fd;
  int unheard_ = -1;
  long long kill_at_ = -1;
};

/// Signals meant for Reeve and its services must not end what looks after them.
int block_signals() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace

int main() {
  fcntl(control_fd, F_SETFD, FD_CLOEXEC);
  fcntl(output_fd, F_SETFD, FD_CLOEXEC);
  syscall(SYS_close_range, output_fd + 1, ~0U, 0); // a second line of defence
  const mapped_job j = read_job();
  const int children = block_signals();
  if (children < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    fail(step::fork, errno);
  }
  const int stop_signal = j.what->stop_signal;
  const auto stop_timeout = j.what->stop_timeout_ms;
  const pid_t pid = start(j);
  munmap(j.what, j.size);
  dup2(0, 1); // the output's end is the service's end
  dup2(0, 2);
  tell(report::kind::started, pid);
  service s{pid, children};
  const int status = s.watch(stop_signal, stop_timeout);
  s.end_rest();
  tell(report::kind::exited, status);
  return 0;
}
