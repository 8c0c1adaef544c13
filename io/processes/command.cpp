#include "io/processes/command.hpp"

#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"
#include "io/processes/known_children.hpp"
#include "io/processes/launch.hpp"
#include "io/processes/orphans.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kept_output = 4'096;
constexpr launch::order kill_it{launch::order::kind::kill, 0};

std::string why_not_run(const std::string& file, const launch::report& failed) {
  const bool path = file.find('/') != std::string::npos;
  const auto cannot = "cannot run '" + file + "': ";
  if (static_cast<launch::step>(failed.value) == launch::step::interpreter)
    return cannot + "the interpreter in its first line is not there";
  switch (failed.error) {
  case ENOENT:
    return cannot + (path ? "no such file" : "not found in PATH");
  case EACCES:
    return cannot + "not executable for this user";
  case ENOEXEC:
    return cannot + "not a program (a script needs a first line like #!/bin/sh)";
  default:
    return cannot + start_error_text(failed.error);
  }
}

/// Takes a launcher from the kernel once it has ended, which one whose command hangs in the
/// kernel may not for long.
void reap(loop& l, pid_t launcher, const std::shared_ptr<bool>& gone,
          milliseconds patience = milliseconds{1}) {
  if (waitpid(launcher, nullptr, WNOHANG) == 0) {
    l.call_after(patience, [&l, launcher, gone, patience] {
      reap(l, launcher, gone, std::min(patience * 2, milliseconds{1'000}));
    });
    return;
  }
  *gone = true;
  known_children::remove(launcher);
}

} // namespace

struct command::state : std::enable_shared_from_this<state> {
  loop& home;
  completion done;
  std::string program;
  std::string output;
  pid_t launcher = 0; ///< while it is not told how it ended
  std::shared_ptr<bool> gone = std::make_shared<bool>(true);
  bool started = false;
  std::optional<launch::report> failure;
  descriptor control;
  descriptor pipe;
  std::optional<read_watch> control_watch;
  std::optional<read_watch> output_watch;
  loop::timer_id deadline = 0;

  state(loop& l, completion d) : home{l}, done{std::move(d)} {
  }

  void start(const std::vector<std::string>& argv, milliseconds timeout, milliseconds stop_timeout);
  void adopt(launched l, milliseconds timeout);
  void fail_later(std::string why, int error);
  void read_output();
  void hear_launcher();
  bool take(const launch::report& r);
  void ended(int status, int left);
  void launcher_was_killed();
  void timed_out();
  void let_go();
  void finish(command_result::kind what, int code, int left = 0);
};

void command::state::start(const std::vector<std::string>& argv, milliseconds timeout,
                           milliseconds stop_timeout) {
  if (argv.empty())
    return fail_later("cannot run a command without words", EINVAL);
  program = argv[0];
  launch_request r;
  r.title = program;
  r.process.command = argv;
  r.process.stop_signal = stop_timeout.count() > 0 ? SIGTERM : SIGKILL;
  r.stop_timeout = stop_timeout;
  auto made = start_launcher(home, launcher_beside_us(), r);
  if (auto* none = std::get_if<no_launcher>(&made))
    return fail_later("cannot run '" + program + "': " + none->sentence, none->code);
  adopt(std::move(std::get<launched>(made)), timeout);
}

void command::state::adopt(launched l, milliseconds timeout) {
  known_children::add(l.pid);
  launcher = l.pid;
  *gone = false;
  control = std::move(l.control);
  pipe = std::move(l.output);
  control_watch.emplace(home, control.get(), [this] { hear_launcher(); });
  output_watch.emplace(home, pipe.get(), [this] { read_output(); });
  deadline = home.call_after(timeout, [this] { timed_out(); });
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

void command::state::hear_launcher() {
  for (;;) {
    std::optional<launch::report> got;
    if (!read_report(control, got))
      return launcher_was_killed();
    if (!got || take(*got))
      return;
  }
}

/// True if that was the end, and this may be gone.
bool command::state::take(const launch::report& r) {
  switch (r.what) {
  case launch::report::kind::waits:
    return false;
  case launch::report::kind::started:
    started = true;
    return false;
  case launch::report::kind::failed:
    output = why_not_run(program, r);
    *gone = true;
    finish(command_result::kind::not_run, r.error);
    return true;
  case launch::report::kind::exited:
    *gone = true;
    ended(r.value, r.error);
    return true;
  }
  return false;
}

void command::state::ended(int status, int left) {
  for (int i = 0; i < 4 && output_watch; ++i) // what it wrote last
    read_output();
  if (WIFSIGNALED(status))
    finish(command_result::kind::signalled, WTERMSIG(status), left);
  else
    finish(command_result::kind::exited, WEXITSTATUS(status), left);
}

void command::state::launcher_was_killed() {
  end_orphans_of(launcher);
  output = "cannot tell how '" + program + "' ended: its reeve-launcher was killed";
  finish(command_result::kind::not_run, ECHILD);
}

void command::state::timed_out() {
  send_order(launcher, control, kill_it);
  if (started)
    return finish(command_result::kind::timed_out, SIGKILL);
  output =
    "cannot run '" + program + "': it did not start in time; a file system that it needs may hang";
  finish(command_result::kind::not_run, ETIMEDOUT);
}

/// The launcher does what is left to do.
void command::state::let_go() {
  control_watch.reset();
  output_watch.reset();
  control = {};
  pipe = {};
  if (launcher != 0)
    reap(home, std::exchange(launcher, 0), gone);
}

void command::state::finish(command_result::kind what, int code, int left) {
  const auto self = shared_from_this(); // `done` may destroy the command
  home.cancel(deadline);
  let_go();
  std::exchange(done, nullptr)({what, code, std::move(output), left});
}

command::command(loop& l, const std::vector<std::string>& argv, milliseconds timeout,
                 completion done, milliseconds stop_timeout)
    : state_{std::make_shared<state>(l, std::move(done))} {
  state_->start(argv, timeout, stop_timeout);
}

command::~command() {
  if (!state_->done)
    return;
  if (state_->control)
    send_order(state_->launcher, state_->control, kill_it);
  state_->finish(command_result::kind::cancelled, 0);
}

void command::terminate() {
  if (state_->control)
    send_order(state_->launcher, state_->control, {launch::order::kind::signal, SIGTERM});
}

bool command::gone() const {
  return *state_->gone;
}

bool command::started() const {
  return state_->started;
}

} // namespace reeve::io
