#include "io/checks/session_check.hpp"

#include "io/checks/password_file.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

/// REQUIRES: it was not answered.
fault fault_of(check_outcome o) {
  return {.reason = std::move(o.reason), .ours = o.what != kind::failed, .exhausted = o.exhausted};
}

class session_checker final : public check {
public:
  session_checker(loop& l, resolver& names, session_plan plan)
      : home_{l}, names_{names}, plan_{std::move(plan)} {
  }

  ~session_checker() override {
    if (done_) {
      session_.reset();
      finish({kind::cancelled});
    }
  }

  void run(completion done) override;

private:
  void begin();
  void open_anew();
  void password_read(result<std::string> line);
  void look_up();
  void resolved(resolution r);
  void try_next();
  void open(const sockaddr_storage* where);
  void ask();
  void heard(session_answer a);
  bool failed_to_connect(const session_answer& a) const;
  void out_of_time();
  check_outcome too_slow();
  fault silence() const;
  void finish(check_outcome outcome);

  loop& home_;
  resolver& names_;
  session_plan plan_;

  // Outlasts a run:
  std::unique_ptr<session> session_;
  int runs_served_ = 0; ///< by the session
  /// One that hangs is waited for by the next run too: another would hang as well, and
  /// they take the pool's threads.
  std::optional<password_reading> reading_;

  // Of the run under way:
  completion done_;
  clock::time_point started_;
  bool in_run_ = false;
  std::string password_;
  std::vector<sockaddr_storage> addresses_;
  std::size_t next_ = 0;
  std::vector<fault> attempts_; ///< at the addresses before, which failed
  std::optional<lookup> lookup_;
  loop::timer_id deadline_ = 0;
  loop::timer_id soon_ = 0; ///< what must not happen inside `run`, or the next address' turn
};

void session_checker::run(completion done) {
  done_ = std::move(done);
  started_ = clock::now();
  deadline_ = home_.call_after(plan_.timeout, [this] { out_of_time(); });
  in_run_ = true;
  begin();
  in_run_ = false;
}

void session_checker::begin() {
  if (!plan_.unusable.empty())
    return heard({{kind::not_run, {}, plan_.unusable}});
  if (session_ && runs_served_ < runs_per_connection)
    return ask();
  open_anew();
}

void session_checker::open_anew() {
  session_.reset();
  runs_served_ = 0;
  addresses_.clear();
  next_ = 0;
  attempts_.clear();
  password_.clear();
  if (plan_.password_file.empty())
    return look_up();
  if (!reading_)
    reading_.emplace(home_, plan_.password_file,
                     [this](result<std::string> line) { password_read(std::move(line)); });
}

void session_checker::password_read(result<std::string> line) {
  reading_.reset();
  if (!done_)
    return; // too late for its run
  if (!line)
    return finish({kind::not_run, {}, line.sentence()});
  password_ = std::move(*line);
  look_up();
}

void session_checker::look_up() {
  if (plan_.host.empty())
    return open(nullptr);
  if (const auto literal = literal_address(plan_.host, plan_.port)) {
    addresses_.push_back(*literal);
    return try_next();
  }
  lookup_.emplace(names_, plan_.host, plan_.port, [this](resolution r) { resolved(std::move(r)); });
}

void session_checker::resolved(resolution r) {
  if (r.what != resolution::kind::found)
    return finish(outcome_of(explain(std::move(r))));
  lookup_.reset();
  addresses_ = std::move(r.addresses);
  try_next();
}

void session_checker::try_next() {
  home_.cancel(std::exchange(soon_, 0));
  const auto& address = addresses_[next_++];
  if (const auto others = addresses_.size() - next_; others > 0) {
    const auto left = started_ + plan_.timeout - clock::now();
    soon_ = home_.call_after(
      std::chrono::duration_cast<milliseconds>(left / static_cast<int>(others + 1)), [this] {
        if (session_->connected())
          return;
        attempts_.push_back(silence());
        try_next();
      });
  }
  open(&address);
}

void session_checker::open(const sockaddr_storage* where) {
  session_.reset(); // the last one's descriptor goes before the next one's comes
  if (const int error = spare_descriptor_error(); error != 0)
    return heard({outcome_of(explain_connect_error(error))});
  session_ = plan_.open(where, password_);
  if (!session_)
    return heard({{kind::not_run, {}, "out of memory", false, true}});
  ask();
}

void session_checker::ask() {
  session_->ask([this](session_answer a) { heard(std::move(a)); });
}

void session_checker::heard(session_answer a) {
  if (in_run_) {
    home_.cancel(soon_);
    soon_ = home_.call_after(milliseconds{0}, [this, a = std::move(a)] { heard(a); });
    return;
  }
  if (a.lost && runs_served_ > 0)
    return open_anew();
  if (failed_to_connect(a)) {
    attempts_.push_back(fault_of(std::move(a.outcome)));
    if (next_ < addresses_.size())
      return try_next();
    names_.forget(plan_.host);
    a.outcome = outcome_of(fault_of_attempts(attempts_));
  }
  if (a.outcome.what == kind::answered)
    a.outcome.answer.latency = std::chrono::duration_cast<milliseconds>(clock::now() - started_);
  finish(std::move(a.outcome));
}

/// For whatever reason: another address may do.
bool session_checker::failed_to_connect(const session_answer& a) const {
  return a.outcome.what != kind::answered && session_ && !session_->connected();
}

void session_checker::out_of_time() {
  finish(too_slow());
}

check_outcome session_checker::too_slow() {
  const auto within = " within " + describe(plan_.timeout);
  if (reading_)
    return {
      kind::not_run, {}, "could not read password file '" + plan_.password_file + "'" + within};
  if (lookup_)
    return {kind::not_run, {}, "could not resolve host '" + plan_.host + "'" + within};
  if (session_ && session_->connected())
    return {kind::failed, {}, "no answer" + within};
  names_.forget(plan_.host);
  attempts_.push_back(silence());
  return outcome_of(fault_of_attempts(attempts_));
}

fault session_checker::silence() const {
  return dropped_here().value_or(
    fault{.reason = "could not connect within " + describe(plan_.timeout)});
}

void session_checker::finish(check_outcome outcome) {
  ++runs_served_;
  if (outcome.what != kind::answered || plan_.connection == connection_use::fresh)
    session_.reset();
  lookup_.reset();
  password_.clear();
  home_.cancel(std::exchange(deadline_, 0));
  home_.cancel(std::exchange(soon_, 0));
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_session_check(loop& l, resolver& names, session_plan plan) {
  return std::make_unique<session_checker>(l, names, std::move(plan));
}

std::string one_sentence(const std::string& words, const std::string& secret) {
  static constexpr std::size_t most = 160;
  auto line = words.substr(0, words.find_first_of("\r\n"));
  static constexpr std::string_view mask = "***";
  for (auto at = line.find(secret); !secret.empty() && at != std::string::npos;
       at = line.find(secret, at + mask.size()))
    line.replace(at, secret.size(), mask);
  line.erase(line.find_last_not_of(" .") + 1);
  return one_line(line, most) + (line.size() > most ? "..." : "");
}

} // namespace reeve::io
