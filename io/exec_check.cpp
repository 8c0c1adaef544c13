#include "io/exec_check.hpp"

#include "io/command.hpp"
#include "io/own_limits.hpp"
#include "io/reply_body.hpp"
#include "supervisor/text.hpp"

#include <errno.h>

#include <chrono>
#include <string>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

check_outcome not_started(command_result r) {
  if (auto ours = ran_out(r.code))
    return *std::move(ours);
  check_outcome outcome{kind::not_run, {}, std::move(r.output)};
  if (r.code == EAGAIN) {
    outcome.reason += ": this user has too many processes (ulimit -u)";
    outcome.exhausted = true;
  }
  return outcome;
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

  void run(completion done) override {
    const auto started = clock::now();
    command_ = std::make_unique<command>(home_, argv_, timeout_,
                                         [this, started, done = std::move(done)](command_result r) {
                                           done(outcome_of(std::move(r), clock::now() - started));
                                         });
  }

private:
  check_outcome outcome_of(command_result r, clock::duration took) const;

  loop& home_;
  std::vector<std::string> argv_;
  milliseconds timeout_;
  reply_body body_rules_;
  std::unique_ptr<command> command_; ///< goes first: what it tells needs the rest
};

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
