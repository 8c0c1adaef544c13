#include "io/checks/check_turns.hpp"

#include "io/loop/loop.hpp"
#include "supervisor/checks/check_lanes.hpp"
#include "supervisor/checks/clock_watch.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

constexpr milliseconds look_every{200};
constexpr milliseconds away{700}; ///< between two looks: Reeve was not there
/// Of one turn of the loop, for checks that begin.
constexpr milliseconds most_for_beginning{4};

instant read_both() {
  return {std::chrono::steady_clock::now(),
          std::chrono::floor<milliseconds>(std::chrono::system_clock::now())};
}

/// Of Reeve's having been away for `lost` of the time.
void keep_our_fault_off(check_outcome& outcome, milliseconds lost) {
  if (outcome.what == kind::failed)
    outcome = {kind::not_run, {}, "Reeve itself was held up and came too late"};
  outcome.answer.latency = std::max(outcome.answer.latency - lost, milliseconds{0});
}

} // namespace

struct check_turns::state {
  loop& home;
  clock read_clocks;
  check_lanes lanes;
  clock_watch watch{away};
  std::unordered_map<check_lanes::ticket, turn_taker*> takers;
  std::size_t under_way = 0; ///< with or without a place
  loop::timer_id look_timer = 0;
  loop::timer_id go_on_timer = 0;
  std::uint64_t this_turn = 0;
  mono_time::duration spent{0};

  mono_time look();
  void keep_looking();
  void begin_those_who_may();
};

class check_turns::turn_taker final : public check {
public:
  turn_taker(state& s, std::unique_ptr<check> inner, milliseconds timeout, place p)
      : state_{s}, timeout_{timeout}, place_{p}, inner_{std::move(inner)} {
  }
  ~turn_taker() override;

  void run(completion done) override;
  bool waits_for_its_turn() const override {
    return waits_;
  }
  void begin();

private:
  void ended(check_outcome outcome);

  state& state_;
  milliseconds timeout_;
  place place_;
  bool hung_ = false; ///< the last time

  // Of the run under way:
  completion done_;
  check_lanes::ticket ticket_ = 0; ///< 0: it takes no place
  bool waits_ = false;
  mono_time asked_;
  mono_time began_;

  std::unique_ptr<check> inner_; ///< goes first: what it tells needs the rest
};

check_turns::turn_taker::~turn_taker() {
  inner_.reset();
  if (!done_)
    return;
  state_.lanes.leave(ticket_);
  state_.takers.erase(ticket_);
  std::exchange(done_, nullptr)({kind::cancelled});
}

void check_turns::turn_taker::run(completion done) {
  done_ = std::move(done);
  asked_ = state_.look();
  if (place_ == place::not_needed)
    return begin();
  waits_ = true;
  ticket_ = state_.lanes.enter(hung_ ? check_lanes::lane::slow : check_lanes::lane::normal);
  state_.takers.emplace(ticket_, this);
  state_.begin_those_who_may();
}

void check_turns::turn_taker::begin() {
  waits_ = false;
  began_ = state_.look();
  ++state_.under_way;
  state_.keep_looking();
  inner_->run([this](check_outcome outcome) { ended(std::move(outcome)); });
}

void check_turns::turn_taker::ended(check_outcome outcome) {
  const auto now = state_.look();
  auto& all = state_;
  const auto ticket = std::exchange(ticket_, 0);
  --all.under_way;
  if (outcome.what == kind::cancelled) {
    all.lanes.leave(ticket);
  } else {
    all.lanes.finished(ticket, outcome.exhausted);
    const auto lost = all.watch.away_since(began_);
    hung_ = !lost && now - began_ >= timeout_;
    if (lost)
      keep_our_fault_off(outcome, *lost);
    if (outcome.answer.age)
      outcome.answer.age = all.watch.fair_age(*outcome.answer.age, now);
    outcome.waited = duration_cast<microseconds>(began_ - asked_);
  }
  all.begin_those_who_may();
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

mono_time check_turns::state::look() {
  const auto now = read_clocks();
  watch.look(now);
  return now.mono;
}

/// While a check is under way.
void check_turns::state::keep_looking() {
  if (look_timer != 0)
    return;
  look_timer = home.call_after(look_every, [this] {
    look_timer = 0;
    look();
    if (under_way > 0)
      keep_looking();
  });
}

void check_turns::state::begin_those_who_may() {
  if (const auto turn = home.turn(); turn != this_turn) {
    this_turn = turn;
    spent = {};
  }
  while (spent < most_for_beginning) {
    const auto ticket = lanes.next();
    if (!ticket)
      return;
    const auto began = std::chrono::steady_clock::now();
    takers.extract(*ticket).mapped()->begin();
    spent += std::chrono::steady_clock::now() - began;
  }
  if (lanes.waiting() > 0 && go_on_timer == 0)
    go_on_timer = home.call_after(milliseconds{0}, [this] {
      go_on_timer = 0;
      begin_those_who_may();
    });
}

check_turns::check_turns(loop& l, std::size_t most_at_once, clock read_clocks)
    : state_{
      new state{l, read_clocks ? std::move(read_clocks) : &read_both, check_lanes{most_at_once}}} {
}

check_turns::~check_turns() {
  state_->home.cancel(state_->look_timer);
  state_->home.cancel(state_->go_on_timer);
}

std::unique_ptr<check> check_turns::wrap(std::unique_ptr<check> inner, milliseconds timeout,
                                         place p) {
  return std::make_unique<turn_taker>(*state_, std::move(inner), timeout, p);
}

std::size_t check_turns::places() const {
  return state_->lanes.places();
}

std::size_t check_turns::running() const {
  return state_->lanes.running();
}

std::size_t check_turns::waiting() const {
  return state_->lanes.waiting();
}

std::size_t most_checks_at_once() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return std::clamp<std::size_t>(limit.rlim_cur / 2, 16, 4'000);
}

} // namespace reeve::io
