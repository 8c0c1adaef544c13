#include "io/command.hpp"

#include "io/descriptor.hpp"
#include "io/file_limit.hpp"
#include "io/known_children.hpp"
#include "io/loop.hpp"
#include "io/spawn_attributes.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kept_output = 4'096;
constexpr idtype_t by_pidfd = static_cast<idtype_t>(3); // P_PIDFD, which old headers lack

std::string why_not_run(const std::string& file, int error) {
  const bool path = file.find('/') != std::string::npos;
  switch (error) {
  case ENOENT:
    if (path && access(file.c_str(), F_OK) == 0)
      return "cannot run '" + file + "': the interpreter in its first line is not there";
    return "cannot run '" + file + "': " + (path ? "no such file" : "not found in PATH");
  case EACCES:
    return "cannot run '" + file + "': not executable for this user";
  case ENOEXEC:
    return "cannot run '" + file + "': not a program (a script needs a first line like #!/bin/sh)";
  default:
    return "cannot run '" + file + "': " + std::generic_category().message(error);
  }
}

/// 0, or an errno. The child leads a process group of its own.
int spawn(const std::vector<std::string>& argv, int output, pid_t& pid) {
  std::vector<char*> arguments;
  for (const auto& a : argv)
    arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);

  const spawn_attributes attributes{POSIX_SPAWN_SETPGROUP};
  const original_file_limit lowered;
  const int failed =
    posix_spawnp(&pid, arguments[0], &files, attributes.get(), arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

/// Takes what was killed from the kernel once it is gone, which a process that
/// waits for a disk may not be for long.
void reap(loop& l, pid_t pid, milliseconds patience = milliseconds{1}) {
  if (waitpid(pid, nullptr, WNOHANG) == 0) {
    l.call_after(
      patience, [&l, pid, patience] { reap(l, pid, std::min(patience * 2, milliseconds{1'000})); });
    return;
  }
  known_children::remove(pid);
}

} // namespace

struct command::state : std::enable_shared_from_this<state> {
  loop& home;
  completion done;
  std::string output;
  pid_t pid = -1; ///< while it runs
  descriptor process;
  descriptor pipe;
  std::optional<read_watch> exit_watch;
  std::optional<read_watch> output_watch;
  loop::timer_id deadline = 0;

  state(loop& l, completion d) : home{l}, done{std::move(d)} {
  }

  void start(const std::vector<std::string>& argv, milliseconds timeout);
  void fail_later(std::string why, int error);
  void read_output();
  void ended();
  void kill_group();
  void finish(command_result::kind what, int code);
};

void command::state::start(const std::vector<std::string>& argv, milliseconds timeout) {
  if (argv.empty())
    return fail_later("cannot run a command without words", EINVAL);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    const int failed = errno;
    return fail_later(why_not_run(argv[0], failed), failed);
  }
  pipe = descriptor{ends[0]};
  const descriptor write_end{ends[1]};
  fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
  if (const int failed = spawn(argv, write_end.get(), pid); failed != 0) {
    pid = -1;
    return fail_later(why_not_run(argv[0], failed), failed);
  }
  known_children::add(pid);
  process = descriptor{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (!process) {
    const int failed = errno;
    kill_group();
    return fail_later(why_not_run(argv[0], failed), failed);
  }
  exit_watch.emplace(home, process.get(), [this] { ended(); });
  output_watch.emplace(home, pipe.get(), [this] { read_output(); });
  deadline = home.call_after(timeout, [this] {
    kill_group();
    finish(command_result::kind::timed_out, SIGKILL);
  });
}

void command::state::fail_later(std::string why, int error) {
  output = std::move(why);
  home.post([self = shared_from_this(), error] {
    if (self->done)
      self->finish(command_result::kind::not_run, error);
  });
}

void command::state::read_output() {
  std::array<char, 16'384> buffer;
  const auto n = read(pipe.get(), buffer.data(), buffer.size());
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    output_watch.reset();
  if (n <= 0)
    return;
  output.append(buffer.data(), static_cast<std::size_t>(n));
  if (output.size() > kept_output)
    output.erase(0, output.size() - kept_output);
}

void command::state::ended() {
  siginfo_t how{};
  if (waitid(by_pidfd, static_cast<id_t>(process.get()), &how, WEXITED | WNOHANG) != 0
      || how.si_pid == 0)
    return;
  known_children::remove(pid);
  pid = -1;
  // What it wrote last; a process it left behind may write for ever.
  for (int i = 0; i < 4 && output_watch; ++i)
    read_output();
  finish(how.si_code == CLD_EXITED ? command_result::kind::exited : command_result::kind::signalled,
         how.si_status);
}

void command::state::kill_group() {
  if (pid <= 0)
    return;
  kill(-pid, SIGKILL);
  reap(home, std::exchange(pid, -1));
}

void command::state::finish(command_result::kind what, int code) {
  const auto self = shared_from_this(); // `done` may destroy the command
  home.cancel(deadline);
  exit_watch.reset();
  output_watch.reset();
  process = {};
  pipe = {};
  std::exchange(done, nullptr)({what, code, std::move(output)});
}

command::command(loop& l, const std::vector<std::string>& argv, milliseconds timeout,
                 completion done)
    : state_{std::make_shared<state>(l, std::move(done))} {
  state_->start(argv, timeout);
}

void command::terminate() {
  if (state_->pid <= 0)
    return;
  kill(-state_->pid, SIGTERM);
  kill(-state_->pid, SIGCONT); // a stopped process would not hear it
}

command::~command() {
  state_->kill_group();
  if (state_->done)
    state_->finish(command_result::kind::cancelled, 0);
}

} // namespace reeve::io
