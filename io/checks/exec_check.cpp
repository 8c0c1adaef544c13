#include "io/checks/exec_check.hpp"

#include "io/checks/reply_body.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/processes/command.hpp"
#include "supervisor/text.hpp"

#include <errno.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

constexpr milliseconds look_every{10};

check_outcome not_started(command_result r) {
  if (auto ours = ran_out(r.code))
    return outcome_of(*std::move(ours));
  return outcome_of({.reason = std::move(r.output), .ours = true, .exhausted = r.code == EAGAIN});
}

/// Its last line that says something: that is where commands complain.
std::string last_line(const std::string& output) {
  const auto end = output.find_last_not_of(" \t\r\n");
  if (end == std::string::npos)
    return {};
  const auto newline = output.rfind('\n', end);
  const auto start = newline == std::string::npos ? 0 : newline + 1;
  return ": " + output.substr(start, std::min<std::size_t>(end + 1 - start, 200));
}

class exec_checker final : public check {
public:
  exec_checker(loop& l, const check_spec& spec)
      : home_{l}, argv_{std::get<exec_check>(spec.target).command}, timeout_{spec.timeout},
        body_rules_{spec.expect} {
  }
  ~exec_checker() override;

  void run(completion done) override;

private:
  void begin_when_gone();
  void begin();
  check_outcome still_there() const;
  check_outcome outcome_of(command_result r, clock::duration took) const;
  void finish(check_outcome outcome);

  loop& home_;
  std::vector<std::string> argv_;
  milliseconds timeout_;
  reply_body body_rules_;
  completion done_;
  clock::time_point asked_;
  loop::timer_id look_timer_ = 0;
  std::unique_ptr<command> command_; ///< the last; goes first: what it tells needs the rest
};

exec_checker::~exec_checker() {
  home_.cancel(look_timer_);
  command_.reset();
  if (done_)
    finish({kind::cancelled});
}

void exec_checker::run(completion done) {
  done_ = std::move(done);
  asked_ = clock::now();
  if (!command_ || command_->gone())
    return begin();
  look_timer_ = home_.call_after(milliseconds{0}, [this] { begin_when_gone(); });
}

/// A second one beside what hangs in the kernel would hang too.
void exec_checker::begin_when_gone() {
  look_timer_ = 0;
  if (command_->gone())
    return begin();
  if (clock::now() - asked_ >= timeout_)
    return finish(still_there());
  look_timer_ = home_.call_after(look_every, [this] { begin_when_gone(); });
}

void exec_checker::begin() {
  const auto left = timeout_ - std::chrono::duration_cast<milliseconds>(clock::now() - asked_);
  command_ = std::make_unique<command>(
    home_, argv_, std::max(left, milliseconds{1}),
    [this](command_result r) { finish(outcome_of(std::move(r), clock::now() - asked_)); });
}

/// What its program hangs at is its service's; what keeps it from running is not.
check_outcome exec_checker::still_there() const {
  const auto since = " for longer than " + describe(timeout_) + ": a file system may hang";
  if (command_->started())
    return {kind::failed, {}, "its last run was killed and does not end" + since};
  return {kind::not_run, {}, "cannot run '" + argv_[0] + "': its last start does not end" + since};
}

void exec_checker::finish(check_outcome outcome) {
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

check_outcome exec_checker::outcome_of(command_result r, clock::duration took) const {
  check_outcome outcome;
  switch (r.what) {
  case command_result::kind::exited:
    if (r.code != 0)
      return {kind::failed, {}, "exited with code " + std::to_string(r.code) + last_line(r.output)};
    outcome.answer.latency = std::chrono::duration_cast<milliseconds>(took);
    body_rules_.extract(r.output, outcome.answer);
    return outcome;
  case command_result::kind::signalled:
    return {
      kind::failed, {}, "was killed by signal " + std::to_string(r.code) + last_line(r.output)};
  case command_result::kind::timed_out:
    return {kind::failed, {}, "did not end within " + describe(timeout_) + last_line(r.output)};
  case command_result::kind::not_run:
    return not_started(std::move(r));
  case command_result::kind::cancelled:
    break;
  }
  return {kind::cancelled};
}

} // namespace

std::unique_ptr<check> make_exec_check(loop& l, const check_spec& spec) {
  return std::make_unique<exec_checker>(l, spec);
}

} // namespace reeve::io
