// Holds one service or command for Reeve: starts it, ends whatever it leaves behind, and
// ends it altogether when Reeve is gone, however that came. See README.md.
//
// One of these runs beside every service, so it is linked statically, allocates
// nothing and uses neither streams nor exceptions.

#include "io/processes/launcher/job.hpp"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

using namespace reeve::io::launch;

constexpr int look_again_ms = 20;           // while something is being killed
constexpr int longest_look_again_ms = 1000; // it may hang in the kernel for long
constexpr int stopped_start_ms = 200;       // for the program to run and hear its signal

struct mapped_job {
  job* what = nullptr;
  size_t size = 0;

  char* text(uint64_t place) const {
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
      *slot = j.text(reinterpret_cast<uint64_t>(*slot));
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

/// Returns with the reason in `errno`.
void run_file(char* file, const mapped_job& j) {
  execve(file, j.arguments(), environ);
  if (errno == ENOEXEC && j.what->scripts_by_shell != 0) {
    static char shell[] = "/bin/sh";
    char** words = j.arguments() - 1; // over the end of the job, which nobody needs any more
    words[0] = shell;
    words[1] = file;
    execve(shell, words, environ);
  }
}

/// As execvp, of which C libraries have different opinions about scripts.
void run(const char* command, const mapped_job& j) {
  if (strchr(command, '/') != nullptr) {
    return run_file(j.arguments()[0], j);
  }
  const char* place = getenv("PATH");
  int why = ENOENT;
  for (place = place != nullptr ? place : "/usr/local/bin:/usr/bin:/bin";; ++place) {
    static char file[4096];
    const size_t folder = strcspn(place, ":");
    if (folder + strlen(command) + 2 <= sizeof file) {
      memcpy(file, place, folder);
      file[folder] = '/';
      strcpy(file + folder + (folder > 0 ? 1 : 0), command); // an empty one is the present folder
      run_file(file, j);
      if (errno != ENOENT && errno != ENOTDIR) {
        why = errno;
      }
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) {
        return;
      }
    }
    place += folder;
    if (*place == 0) {
      errno = why;
      return;
    }
  }
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
  environ = j.variables();
  const char* command = j.arguments()[0];
  run(command, j);
  const int why = errno;
  const bool there = why == ENOENT && strchr(command, '/') != nullptr && access(command, F_OK) == 0;
  errno = why;
  give_up(to_launcher, there ? step::interpreter : step::exec);
}

// ---- in the launcher

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

/// The right to run under a name that one launcher holds at a time: a listening socket
/// in the abstract namespace, which goes with its process.
class turn {
public:
  /// True: it is ours, or nobody can tell. False: ask again when `changed` is readable.
  bool take(const char* name) {
    const auto length = address_of(name);
    close(held_);
    held_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto* to = reinterpret_cast<const sockaddr*>(&address_);
    if (held_ < 0 || bind(held_, to, length) == 0) {
      listen(held_, 8);
      return true;
    }
    return errno != EADDRINUSE || !find_holder(to, length);
  }

  /// Hung up when the holder has ended; -1: it cannot be heard, look again soon.
  int changed() const {
    return holder_;
  }
  pid_t holder() const {
    return holder_pid_;
  }

private:
  socklen_t address_of(const char* name) {
    address_ = {};
    address_.sun_family = AF_UNIX;
    size_t n = 0; // the first byte stays 0
    for (; name[n] != 0 && n + 1 < sizeof address_.sun_path; ++n) {
      address_.sun_path[n + 1] = name[n];
    }
    return static_cast<socklen_t>(sizeof address_ - sizeof address_.sun_path + n + 1);
  }

  /// False: whoever has the name is another user's, and nobody to wait for.
  bool find_holder(const sockaddr* to, socklen_t length) {
    close(holder_);
    holder_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ucred who{};
    socklen_t size = sizeof who;
    if (holder_ >= 0 && connect(holder_, to, length) == 0
        && getsockopt(holder_, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) {
      holder_pid_ = who.pid;
      return who.uid == geteuid() || who.uid == 0;
    }
    close(holder_);
    holder_ = -1; // it does not listen yet, or no more
    return true;
  }

  sockaddr_un address_{};
  int held_ = -1;
  int holder_ = -1;
  pid_t holder_pid_ = 0;
};

/// The one thing this program does, from the job to its end. Whatever may hang does so in
/// another process; this one always obeys.
class keeper {
public:
  explicit keeper(int child_ended) : child_ended_{child_ended} {
  }

  /// Until the main process has ended; its wait status. Ends this process if there never
  /// was one.
  int watch() {
    int status = 0;
    for (;;) {
      pollfd on[] = {{child_ended_, POLLIN, 0},
                     {control_, POLLIN, 0},
                     {unheard_, POLLIN, 0},
                     {starting_, POLLIN, 0},
                     {turn_.changed(), POLLIN, 0}};
      poll(on, 5, patience());
      forget_signals();
      if (on[2].revents != 0) {
        discard_output();
      }
      if (on[1].revents != 0) {
        obey();
      }
      if (waits_for_turn_) {
        take_turn();
      }
      if (starting_ >= 0) {
        hear_of_start();
      }
      if (pid_ != 0 && reap(status)) {
        if (starting_ >= 0) { // it ran and ended since that was looked at
          hear_of_start();
        }
        return status;
      }
      if (starting_ >= 0 && start_by_ >= 0 && now_ms() >= start_by_) {
        kill_at_ = now_ms();
      }
      if (kill_at_ >= 0 && now_ms() >= kill_at_) {
        kill_everything();
      }
    }
  }

  /// Ends what the main process left behind; how much was killed.
  int end_rest() {
    int killed = 0;
    for (int patience = 1;; patience = longer(patience)) {
      int status = 0;
      pid_t ended = 0;
      while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 1 : 0;
      }
      if (ended < 0 || kill_children() == 0) {
        return killed;
      }
      pollfd wait_for{child_ended_, POLLIN, 0};
      poll(&wait_for, 1, patience);
      forget_signals();
    }
  }

  /// The command ran before it was told to stop.
  bool started() const {
    return started_;
  }

private:
  static int longer(int patience) {
    return patience < longest_look_again_ms / 2 ? patience * 2 : longest_look_again_ms;
  }

  void begin() {
    job_ = read_job();
    if (job_.what->no_user != 0) {
      fail(step::find_user, job_.what->user_error);
    }
    waits_for_turn_ = job_.what->turn != 0;
    if (!waits_for_turn_) {
      start();
    }
  }

  void take_turn() {
    if (turn_.take(job_.text(job_.what->turn))) {
      waits_for_turn_ = false;
      if (said_so_) {
        tell(report::kind::waits, 0);
      }
      start();
    } else if (turn_.holder() != 0 && !said_so_) {
      said_so_ = true;
      tell(report::kind::waits, turn_.holder());
    }
  }

  void start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      fail(step::fork, errno);
    }
    const pid_t launcher = getpid();
    pid_ = fork();
    if (pid_ < 0) {
      fail(step::fork, errno);
    }
    if (pid_ == 0) {
      become_service(job_, launcher, ends[1]);
    }
    close(ends[1]);
    starting_ = ends[0];
    fcntl(starting_, F_SETFL, O_NONBLOCK);
    dup2(0, 1); // the output's end is the service's end
    dup2(0, 2);
  }

  /// The pipe to it closes when its command runs.
  void hear_of_start() {
    failure f{};
    const auto n = read(starting_, &f, sizeof f);
    if (n < 0) {
      return;
    }
    close(starting_);
    starting_ = -1;
    if (n == static_cast<ssize_t>(sizeof f)) {
      waitpid(pid_, nullptr, 0);
      fail(f.at, f.error);
    }
    stop_signal_ = job_.what->stop_signal;
    stop_timeout_ms_ = job_.what->stop_timeout_ms;
    munmap(job_.what, job_.size);
    started_ = kill_at_ < 0;
    if (started_) {
      tell(report::kind::started, pid_);
    }
  }

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

  int patience() {
    if (waits_for_turn_ && turn_.changed() < 0) {
      return look_again_ms;
    }
    const auto due = starting_ >= 0 && start_by_ >= 0 && kill_at_ < 0 ? start_by_ : kill_at_;
    if (due < 0) {
      return -1;
    }
    const auto left = due - now_ms();
    if (left <= 0) {
      return look_again_ = longer(look_again_);
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

  void obey() {
    order o{};
    const ssize_t n = recv(control_, &o, sizeof o, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (n != static_cast<ssize_t>(sizeof o)) {
      return reeve_is_gone();
    }
    switch (o.what) {
    case order::kind::run:
      return begin();
    case order::kind::signal:
      return stop_by(o.value, -1);
    case order::kind::kill:
      return stop_by(0, now_ms());
    }
  }

  void reeve_is_gone() {
    control_ = -1;
    unheard_ = output_fd;
    starting_ < 0 ? stop_by(stop_signal_, now_ms() + stop_timeout_ms_) : stop_by(0, now_ms());
  }

  /// With this signal, 0 for none, and by `due`, a negative one is none.
  void stop_by(int signal, long long due) {
    if (pid_ == 0) {
      fail(step::ordered, 0);
    }
    if (signal != 0) {
      signal_group(signal);
      start_by_ = now_ms() + stopped_start_ms;
    }
    if (due >= 0) {
      kill_at_ = kill_at_ < 0 || due < kill_at_ ? due : kill_at_;
    }
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

  int child_ended_;
  int control_ = control_fd;
  int unheard_ = -1;
  mapped_job job_;
  turn turn_;
  bool waits_for_turn_ = false;
  bool said_so_ = false;
  pid_t pid_ = 0;
  int starting_ = -1; ///< tells when the command runs, or why not
  int stop_signal_ = 0;
  long long stop_timeout_ms_ = 0;
  long long start_by_ = -1; ///< once it is told to stop
  long long kill_at_ = -1;
  int look_again_ = look_again_ms / 2;
  bool started_ = false;
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
  fcntl(job_fd, F_SETFD, FD_CLOEXEC);
  fcntl(output_fd, F_SETFD, FD_CLOEXEC);
  syscall(SYS_close_range, output_fd + 1, ~0U, 0); // a second line of defence
  // So that the end of Reeve is heard by one that somebody suspended, too.
  prctl(PR_SET_PDEATHSIG, SIGCONT);
  const int children = block_signals();
  if (children < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    fail(step::fork, errno);
  }
  keeper k{children};
  const int status = k.watch();
  const int left = k.end_rest();
  if (!k.started()) {
    fail(step::ordered, 0);
  }
  tell(report::kind::exited, status, left);
  return 0;
}
