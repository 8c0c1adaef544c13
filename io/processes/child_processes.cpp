#include "io/processes/child_processes.hpp"

#include "io/loop/line_splitter.hpp"
#include "io/loop/loop.hpp"
#include "io/processes/known_children.hpp"
#include "io/processes/launch.hpp"
#include "io/processes/orphans.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

// Of one child's output, so that one that never stops writing takes a tenth of the
// loop at most; the pipe holds back the writer meanwhile.
constexpr std::size_t longest_line = 8192;
constexpr std::size_t output_per_turn = 8192;
constexpr milliseconds output_pause{1};
constexpr std::size_t last_output_limit = 1 << 20; // a pipe holds no more
constexpr milliseconds patience_at_end{2000};      // for what we killed to be gone
constexpr milliseconds patience_with_launcher{500};

const error ending{"Reeve is ending"};

struct child {
  std::string name;
  process_spec spec;
  milliseconds stop_timeout{0};
  int launcher = 0; // 0: its turn to be launched has not come
  int pid = 0;      // 0: its command does not run yet
  descriptor control;
  descriptor output;
  std::unique_ptr<read_watch> control_watch;
  std::unique_ptr<read_watch> output_watch;
  line_splitter lines{longest_line};
  loop::timer_id output_timer = 0;

  child_processes::completion started; // until it is known
  loop::timer_id start_timer = 0;
  bool late = false;        // its start timed out
  descriptor launcher_gone; // of a launcher that obeys no order
  std::unique_ptr<read_watch> gone_watch;
  std::vector<child_processes::completion> stopped;
  bool ordered = false;
  bool too_slow = false;
  loop::timer_id kill_timer = 0;
  mono_time kill_at{};

  std::optional<launch::report> failure;
  std::optional<int> wait_status;
};

process_exit to_exit(int wait_status) {
  return WIFSIGNALED(wait_status) ? process_exit{.signal = WTERMSIG(wait_status)}
                                  : process_exit{.code = WEXITSTATUS(wait_status)};
}

/// Its end of the socket is closed, so it is ending, within microseconds.
int reap_launcher(const child& c) {
  int status = 0;
  while (waitpid(c.launcher, &status, 0) < 0 && errno == EINTR) {
  }
  known_children::remove(c.launcher);
  return status;
}

/// The kernel has killed the main process with its launcher; the rest is ours to end.
void end_without_launcher(const child& c) {
  kill(-c.pid, SIGKILL);
  end_orphans_of(c.launcher);
  const descriptor main{static_cast<int>(syscall(SYS_pidfd_open, c.pid, 0))};
  if (main) {
    pollfd gone{main.get(), POLLIN, 0};
    poll(&gone, 1, 100); // it is on its way; rare enough to be waited for
  }
}

operation_outcome start_error(const child& c, int launcher_status) {
  if (c.late) {
    return error{
      "it did not start within " + describe(c.spec.start_timeout)
      + ": what it needs for that hangs, as its cwd or its program may do on a network's "
        "file system (process.start_timeout)"};
  }
  if (c.ordered) {
    return error{"it was stopped before it ran"};
  }
  if (c.failure) {
    return {error{why_not_started(*c.failure, c.spec)}, who_kept_from_starting(c.failure->error)};
  }
  return error{"its launcher " + to_string(to_exit(launcher_status)) + " before it ran"};
}

/// Waits for what was killed to be gone.
void end_now(child& c, mono_time until) {
  std::optional<launch::report> got;
  for (;;) {
    if (!read_report(c.control, got)) {
      reap_launcher(c);
      return;
    }
    if (std::exchange(got, std::nullopt)) {
      continue;
    }
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    pollfd next{c.control.get(), POLLIN, 0};
    if (left.count() <= 0 || poll(&next, 1, static_cast<int>(left.count())) == 0) {
      return; // the launcher goes on without us
    }
  }
}

} // namespace

std::string to_string(const process_exit& e) {
  if (e.signal == 0) {
    return "exited with code " + std::to_string(e.code);
  }
  const char* name = sigabbrev_np(e.signal);
  return "was killed by signal " + std::to_string(e.signal)
         + (name != nullptr ? " (" + std::string{name} + ")" : "");
}

struct child_processes::state : std::enable_shared_from_this<state> {
  loop& home;
  std::string launcher;
  hooks told;
  std::vector<std::string> ours;
  std::map<std::string, std::unique_ptr<child>, std::less<>> running;
  std::map<std::string, process_exit, std::less<>> ended;
  std::map<std::string, std::string, std::less<>> not_started; // why
  std::deque<std::string> to_be_launched;
  std::optional<std::uint64_t> launched_in; // the turn
  bool closed = false;

  state(loop& l, std::string path, hooks h, std::vector<std::string> who)
      : home{l}, launcher{std::move(path)}, told{std::move(h)}, ours{std::move(who)} {
  }

  void later(completion done, operation_outcome s) {
    home.post([done = std::move(done), s = std::move(s)] { done(s); });
  }

  void launch_soon();
  void launch_next();
  void launch(child& c);
  void fail_to_launch(child& c, operation_outcome why);
  void adopt(child& c, launched&& l);
  void limit_start(child& c);
  void waits(child& c, bool now);
  std::string turn_of(const std::string& name) const;
  void end_start(child& c);
  void end_launcher(child& c);
  void hear_launcher(child& c);
  void take(child& c, const launch::report& r);
  bool read_output(child& c);
  void pause_output(child& c);
  void finish(child& c);
  void end_unstarted(child& c, operation_outcome why);
  void kill_now(child& c);
  void kill_by(child& c, mono_time due);
};

/// One in a turn of the loop: a spawn takes a while, and many may begin at once.
void child_processes::state::launch_soon() {
  home.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->launch_next();
    }
  });
}

void child_processes::state::launch_next() {
  const auto next = running.find(to_be_launched.front());
  to_be_launched.pop_front();
  if (!to_be_launched.empty()) {
    launch_soon();
  }
  launch(*next->second);
}

void child_processes::state::launch(child& c) {
  if (c.ordered) {
    fail_to_launch(c, start_error(c, 0));
    return;
  }
  launched_in = home.turn();
  auto l = start_launcher(home, launcher, {c.name, c.spec, c.stop_timeout, true, turn_of(c.name)});
  if (auto* one = std::get_if<launched>(&l)) {
    adopt(c, std::move(*one));
  } else {
    const auto& none = std::get<no_launcher>(l);
    fail_to_launch(c, {error{none.sentence}, who_kept_from_starting(none.code)});
  }
}

void child_processes::state::fail_to_launch(child& c, operation_outcome why) {
  const auto kept = std::move(running.extract(c.name).mapped());
  home.cancel(c.kill_timer);
  end_unstarted(*kept, std::move(why));
}

void child_processes::state::adopt(child& c, launched&& l) {
  known_children::add(l.pid);
  c.launcher = l.pid;
  c.control = std::move(l.control);
  c.output = std::move(l.output);
  limit_start(c);
  c.control_watch =
    std::make_unique<read_watch>(home, c.control.get(), [this, &c] { hear_launcher(c); });
  c.output_watch = std::make_unique<read_watch>(home, c.output.get(), [this, &c] {
    if (read_output(c)) {
      pause_output(c);
    }
  });
}

void child_processes::state::limit_start(child& c) {
  home.cancel(c.start_timer);
  c.start_timer = home.call_after(c.spec.start_timeout, [this, &c] {
    c.late = true;
    end_start(c);
  });
}

void child_processes::state::waits(child& c, bool now) {
  if (c.ordered || c.late) {
    return;
  }
  if (now) {
    home.cancel(c.start_timer);
  } else {
    limit_start(c);
  }
  told.waits(c.name, now);
}

std::string child_processes::state::turn_of(const std::string& name) const {
  if (ours.empty()) {
    return {};
  }
  auto words = ours;
  words.push_back(name);
  return turn_named(words);
}

/// Of what does not run yet: the launcher is asked first, so that it leaves nothing behind.
void child_processes::state::end_start(child& c) {
  send_order(c.launcher, c.control, {launch::order::kind::kill, 0});
  home.cancel(c.start_timer);
  c.start_timer = home.call_after(patience_with_launcher, [this, &c] { end_launcher(c); });
}

/// The kernel kills what it has begun with it. What hangs in the kernel goes on to hold its
/// end of the socket, so that is not waited for.
void child_processes::state::end_launcher(child& c) {
  if (c.pid != 0) {
    return;
  }
  kill(c.launcher, SIGKILL);
  c.launcher_gone = descriptor{static_cast<int>(syscall(SYS_pidfd_open, c.launcher, 0))};
  if (c.launcher_gone) {
    c.gone_watch =
      std::make_unique<read_watch>(home, c.launcher_gone.get(), [this, &c] { finish(c); });
  }
}

void child_processes::state::hear_launcher(child& c) {
  for (;;) {
    std::optional<launch::report> got;
    if (!read_report(c.control, got)) {
      finish(c);
      return;
    }
    if (!got) {
      return;
    }
    take(c, *got);
  }
}

void child_processes::state::take(child& c, const launch::report& r) {
  switch (r.what) {
  case launch::report::kind::waits:
    waits(c, r.value != 0);
    return;
  case launch::report::kind::started:
    c.pid = r.value;
    home.cancel(c.start_timer);
    if (!c.late) { // else it is being ended
      std::exchange(c.started, nullptr)(std::monostate{});
    }
    return;
  case launch::report::kind::failed:
    c.failure = r;
    return;
  case launch::report::kind::exited:
    c.wait_status = r.value;
    return;
  }
}

/// One piece; true if there may be more at once.
bool child_processes::state::read_output(child& c) {
  std::array<char, output_per_turn> piece;
  const auto n = read(c.output.get(), piece.data(), piece.size());
  if (n <= 0) {
    if (n == 0) { // it has closed its output; the watch would fire for ever
      c.output_watch.reset();
    }
    return false;
  }
  c.lines.feed({piece.data(), static_cast<std::size_t>(n)},
               [&](std::string_view line) { told.output(c.name, line); });
  return static_cast<std::size_t>(n) == piece.size();
}

void child_processes::state::pause_output(child& c) {
  c.output_watch->pause();
  c.output_timer = home.call_after(output_pause, [&c] {
    c.output_timer = 0;
    c.output_watch->resume();
  });
}

/// Nothing of it is left.
void child_processes::state::finish(child& c) {
  c.control_watch.reset();
  c.gone_watch.reset();
  home.cancel(c.start_timer);
  home.cancel(c.kill_timer);
  home.cancel(c.output_timer);
  if (c.pid != 0 && !c.wait_status) {
    end_without_launcher(c);
    c.wait_status = SIGKILL;
  }
  const int launcher_status = reap_launcher(c);
  for (std::size_t n = 0; n < last_output_limit && read_output(c); n += output_per_turn) {
  }
  c.lines.finish([&](std::string_view line) { told.output(c.name, line); });

  const auto kept = std::move(running.extract(c.name).mapped());
  if (c.started) {
    end_unstarted(c, start_error(c, launcher_status));
    return;
  }
  auto how = to_exit(*c.wait_status);
  how.ordered = c.ordered;
  how.too_slow = c.too_slow && how.signal == SIGKILL;
  ended[c.name] = how;
  told.exited(c.name, how);
  for (auto& done : c.stopped) {
    done(std::monostate{});
  }
}

/// It never ran. What was ordered to stop is no failure to be told later.
void child_processes::state::end_unstarted(child& c, operation_outcome why) {
  if (!c.ordered) {
    not_started[c.name] = why.sentence();
  }
  later(std::move(c.started), std::move(why));
  for (auto& done : c.stopped) {
    later(std::move(done), std::monostate{});
  }
}

void child_processes::state::kill_now(child& c) {
  c.ordered = true;
  if (c.launcher == 0) {
    return; // and it is not launched any more
  }
  if (c.pid == 0) {
    end_start(c);
  } else {
    send_order(c.launcher, c.control, {launch::order::kind::kill, 0});
  }
}

void child_processes::state::kill_by(child& c, mono_time due) {
  if (c.kill_timer != 0 && c.kill_at <= due) {
    return;
  }
  home.cancel(c.kill_timer);
  c.kill_at = due;
  c.kill_timer = home.call_at(due, [this, &c] {
    c.too_slow = true;
    kill_now(c);
  });
}

child_processes::child_processes(loop& l, std::string launcher, hooks h,
                                 std::vector<std::string> ours)
    : state_{std::make_shared<state>(l, std::move(launcher), std::move(h), std::move(ours))} {
}

child_processes::~child_processes() {
  kill_all();
  const auto until = std::chrono::steady_clock::now() + patience_at_end;
  const auto all = std::move(state_->running);
  for (const auto& [name, c] : all) {
    state_->home.cancel(c->start_timer);
    state_->home.cancel(c->kill_timer);
    state_->home.cancel(c->output_timer);
    c->gone_watch.reset();
    if (c->launcher != 0) {
      end_now(*c, until);
    }
  }
  for (const auto& [name, c] : all) {
    if (c->started) {
      c->started(ending);
    }
    for (auto& done : c->stopped) {
      done(ending);
    }
  }
}

void child_processes::start(const std::string& name, const process_spec& spec,
                            milliseconds stop_timeout, completion done) {
  auto& s = *state_;
  if (s.closed) {
    s.later(std::move(done), error{"'" + name + "' is not started: Reeve is stopping"});
    return;
  }
  const auto found = s.running.find(name);
  if (found != s.running.end()) {
    const auto* what = found->second->ordered ? "' is still being stopped" : "' runs already";
    s.later(std::move(done), error{"'" + name + what});
    return;
  }
  if (spec.command.empty()) {
    s.later(std::move(done), error{"'" + name + "' has no command"});
    return;
  }
  s.ended.erase(name);
  s.not_started.erase(name);
  auto& c = *(s.running[name] = std::make_unique<child>());
  c.name = name;
  c.spec = spec;
  c.stop_timeout = stop_timeout;
  c.started = std::move(done);
  if (s.to_be_launched.empty() && s.launched_in != s.home.turn()) {
    s.launch(c);
    return;
  }
  s.to_be_launched.push_back(name);
  if (s.to_be_launched.size() == 1) {
    s.launch_soon();
  }
}

void child_processes::stop(const std::string& name, milliseconds stop_timeout, completion done) {
  const auto found = state_->running.find(name);
  if (found == state_->running.end()) {
    state_->later(std::move(done), std::monostate{});
    return;
  }
  auto& c = *found->second;
  c.stopped.push_back(std::move(done));
  if (!std::exchange(c.ordered, true) && c.launcher != 0) {
    send_order(c.launcher, c.control, {launch::order::kind::signal, c.spec.stop_signal});
  }
  state_->kill_by(c, std::chrono::steady_clock::now() + stop_timeout);
}

void child_processes::close() {
  state_->closed = true;
}

void child_processes::kill_all() {
  close();
  for (auto& [name, c] : state_->running) {
    state_->kill_now(*c);
  }
}

std::vector<std::string> child_processes::names() const {
  std::vector<std::string> all;
  for (const auto& [name, c] : state_->running) {
    all.push_back(name);
  }
  return all;
}

std::optional<int> child_processes::pid_of(std::string_view name) const {
  const auto found = state_->running.find(name);
  if (found == state_->running.end() || found->second->pid == 0) {
    return std::nullopt;
  }
  return found->second->pid;
}

std::optional<process_exit> child_processes::last_exit(std::string_view name) const {
  const auto found = state_->ended.find(name);
  return found == state_->ended.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::string> child_processes::why_not_started(std::string_view name) const {
  const auto found = state_->not_started.find(name);
  return found == state_->not_started.end() ? std::nullopt : std::optional{found->second};
}

std::size_t child_processes::running() const {
  return state_->running.size();
}

milliseconds child_processes::longest_stop() const {
  const auto now = std::chrono::steady_clock::now();
  milliseconds longest{0};
  for (const auto& [name, c] : state_->running) {
    if (c->kill_timer != 0) {
      longest = std::max(longest, std::chrono::ceil<milliseconds>(c->kill_at - now));
    }
  }
  return longest;
}

void child_processes::forget(const std::string& name) {
  state_->ended.erase(name);
  state_->not_started.erase(name);
}

} // namespace reeve::io
