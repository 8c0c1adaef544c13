// The part of a probe that runs its checks on their schedule.
#include "actors/probe.hpp"
#include "supervisor/checks/file_rule.hpp"
#include "supervisor/checks/schedule.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds a_moment{1'000};

microseconds lateness(mono_time due, mono_time now) {
  return duration_cast<microseconds>(std::max(now - due, mono_time::duration{0}));
}

std::string why_busy(const io::check& c) {
  return c.waits_for_its_turn()
           ? "the run before it still waits for its turn: too many checks are under way"
           : "the run before it is still under way";
}

const push_check* push_of(const check_spec& check) {
  return std::get_if<push_check>(&check.target);
}

bool reads_a_file(const check_spec& check) {
  return std::holds_alternative<heartbeat_check>(check.target)
         || std::holds_alternative<json_check>(check.target);
}

/// The name whose hash spreads a check; the first one's is the service's own.
std::string phase_name(const service_spec& service, const check_spec& check) {
  return &check == &service.checks.front() ? service.name : service.name + "/" + check.name;
}

} // namespace

bool probe_state::checks_rest() const {
  return memory_->level.what != run_level::phase::up || !memory_->health.is_up();
}

/// Of its usual times.
mono_time probe_state::first_of(const runner& r) const {
  const auto& check = check_of(r);
  return first_due(phase_name(spec(), check), check.interval, world_->epoch);
}

/// Arms every check that does not wait already. After a start, and after a crash of ours,
/// the first verdict is wanted soon.
void probe_state::schedule(bool just_started) {
  if (checks_rest())
    return hold();
  const auto now = world_->out.now().mono;
  for (auto& r : runners_) {
    const auto& check = check_of(r);
    const auto& machine = machine_of(r);
    if (r.usual.round != 0 && !just_started)
      continue;
    if (push_of(check) != nullptr) {
      arm(r.usual, now); // and then for its deadline
      continue;
    }
    arm(r.usual, usual_time(first_of(r), check.interval, now));
    if (!is_fresh(machine)) {
      ask_again(r, now);
      continue;
    }
    const bool soon = just_started || machine.health == health::unknown;
    const auto spread = soon ? starting_interval(check.interval) : check.interval;
    if (const auto due = first_due(phase_name(spec(), check), spread, now); due < r.usual.due)
      arm(r.between, due);
  }
}

void probe_state::arm(turn& t, mono_time due) {
  t = {due, ++memory_->last_number};
  self_->scheduled_send(self_, due, check_due{t.round});
}

/// Nothing is due any more, and what is under way is broken off.
void probe_state::hold() {
  for (auto& r : runners_) {
    r.usual.round = r.between.round = 0;
    r.looks = false;
    if (std::exchange(r.run, 0) != 0)
      r.check.reset();
  }
}

void probe_state::due(std::uint64_t round) {
  const auto found = std::find_if(runners_.begin(), runners_.end(), [&](const runner& r) {
    return r.usual.round == round || r.between.round == round;
  });
  if (!at_work() || round == 0 || found == runners_.end())
    return;
  auto& r = *found;
  const auto now = world_->out.now();
  if (push_of(check_of(r)) != nullptr)
    return push_due(r, now);
  if (r.usual.round == round)
    return usually_due(r, now);
  r.between.round = 0;
  if (r.run != 0)
    return; // its answer says when to ask again
  r.lag = lateness(r.between.due, now.mono);
  run_between(r, now);
}

/// While Reeve was not there nobody could push: what waits in its sockets comes first.
void probe_state::push_due(runner& r, const instant& now) {
  r.lag = lateness(r.usual.due, now.mono);
  if (r.lag > a_moment)
    arm(r.usual, now.mono + a_moment);
  else
    run(r, now);
}

void probe_state::usually_due(runner& r, const instant& now) {
  const auto due = r.usual.due;
  const auto next = next_due(due, check_of(r).interval, now.mono);
  arm(r.usual, next.due);
  const bool busy = r.run != 0;
  if (r.between.round != 0 || (busy && std::exchange(r.began_between, false)))
    return;
  if (!is_fresh(machine_of(r))) {
    if (busy)
      skip(r, why_busy(*r.check), now);
    else if (next.skipped > 0)
      skip(r, "Reeve was late", now);
  }
  if (busy)
    return;
  r.lag = lateness(due, now.mono);
  run(r, now);
}

/// Sooner than usual, where the last verdict asks for it.
void probe_state::ask_again(runner& r, mono_time now) {
  const auto& check = check_of(r);
  r.between.round = 0;
  if (r.usual.round == 0 || push_of(check) != nullptr)
    return;
  const auto pause = pause_after(machine_of(r), check);
  if (!pause)
    return;
  const auto due =
    due_again(phase_name(spec(), check), {r.began.mono, now}, *pause, first_of(r), check.interval);
  if (due != r.usual.due)
    arm(r.between, due);
}

void probe_state::skip(const runner& r, std::string why, const instant& now) {
  spdlog::debug("{}: check {} skipped: {}", spec().name, check_of(r).name, why);
  publish_run(r, {check_result::skipped, std::move(why)}, now);
}

void probe_state::run(runner& r, const instant& now) {
  if (const auto* push = push_of(check_of(r))) {
    const auto* known = world_->pushes.find(push->token);
    return judge_pushes(r, known != nullptr ? known->record : push_record{}, now);
  }
  if (!r.check)
    r.check = world_->out.make_check(check_of(r));
  r.began = now;
  r.began_between = false;
  r.run = ++memory_->last_number;
  r.check->run([me = caf::actor_cast<probe_actor>(self_), run = r.run](check_outcome outcome) {
    caf::anon_send(me, check_answered{run, std::move(outcome)});
  });
}

void probe_state::run_between(runner& r, const instant& now) {
  run(r, now);
  r.began_between = true;
}

void probe_state::answered(const check_answered& a) {
  const auto found =
    std::find_if(runners_.begin(), runners_.end(), [&](const runner& r) { return r.run == a.run; });
  if (!at_work() || found == runners_.end())
    return; // of a run that was broken off
  auto& r = *found;
  r.run = 0;
  if (a.outcome.what == check_outcome::kind::cancelled)
    return;
  const auto now = world_->out.now();
  r.lag += a.outcome.waited;
  r.began.mono += a.outcome.waited;
  auto verdict = judge(check_of(r), a.outcome, now.mono);
  const auto index = static_cast<std::size_t>(found - runners_.begin());
  if (a.outcome.starting)
    memory_->health.starts(index, verdict.reason, now.mono);
  else
    memory_->health.checked(index, verdict, a.outcome.at_once, now.mono);
  r.ended = now.mono;
  ask_again(r, now.mono);
  const auto result = verdict.result;
  publish_run(r, std::move(verdict), now);
  looked(r, result, tell_change());
}

// -- a last look before a restart --------------------------------------------------------

void probe_state::look(std::uint32_t incarnation) {
  if (!at_work() || incarnation != memory_->incarnation)
    return;
  if (checks_rest() || was_just_asked(world_->out.now().mono))
    return still_is_sick();
  for (auto& r : runners_)
    r.looks = check_of(r).role == role::liveness;
  for (auto& r : runners_)
    if (r.looks && r.run == 0)
      run_between(r, world_->out.now());
}

/// And failed: to ask at once what will fail again only costs its timeout.
bool probe_state::was_just_asked(mono_time now) const {
  return std::any_of(runners_.begin(), runners_.end(), [&](const runner& r) {
    const auto& check = check_of(r);
    return check.role == role::liveness && r.run == 0 && machine_of(r).failures > 0
           && is_fresh_witness(check, r.ended, now);
  });
}

/// One bad verdict is enough; good ones may have to come several times (`healthy_after`).
void probe_state::looked(runner& r, check_result result, bool has_told) {
  if (!std::exchange(r.looks, false) || result == check_result::skipped)
    return;
  if (result == check_result::failed || result == check_result::unknown)
    return still_is_sick();
  const bool is_well = is_good(memory_->last_told.liveness);
  r.looks = !is_well && !is_good(machine_of(r).health);
  if (std::any_of(runners_.begin(), runners_.end(), [](const runner& x) { return x.looks; }))
    return;
  if (!is_well)
    still_is_sick(); // it is not the checks that say so
  else if (!has_told)
    tell(); // what failed was its restart: it was well before that
}

void probe_state::still_is_sick() {
  for (auto& r : runners_)
    r.looks = false;
  caf::anon_send(world_->who.restarter, still_sick{spec().name, memory_->incarnation});
}

check_verdict probe_state::judge(const check_spec& check, const check_outcome& outcome,
                                 mono_time now) const {
  using kind = check_outcome::kind;
  const auto& started = memory_->level.started;
  const bool told = outcome.what == kind::answered;
  if (!reads_a_file(check) || !started || (!told && outcome.what != kind::failed))
    return reeve::judge(check.expect, outcome);
  const auto found = told ? result<reply>{outcome.answer} : error{outcome.reason};
  return evaluate_file(check.expect, found, duration_cast<milliseconds>(now - *started));
}

// -- pushes ---------------------------------------------------------------------------

void probe_state::pushed(const push_received& m) {
  if (!at_work() || checks_rest())
    return; // it is looked at when they go on
  for (auto& r : runners_)
    if (const auto* push = push_of(check_of(r)); push != nullptr && push->token == m.token) {
      r.lag = microseconds{0};
      judge_pushes(r, m.now, world_->out.now());
    }
}

/// Nothing is asked, and nothing is due but the deadline.
void probe_state::judge_pushes(runner& r, const push_record& record, const instant& now) {
  const auto& push = *push_of(check_of(r));
  const auto* known = world_->pushes.find(push.token);
  const auto known_since = known != nullptr ? known->known_since : world_->epoch;
  const auto since = std::max(known_since, memory_->level.started.value_or(known_since));
  auto judged = reeve::judge(record, push, since, now.mono);
  r.usual.round = 0;
  if (judged.deadline)
    arm(r.usual, *judged.deadline);
  r.began = {now.mono - record.duration.value_or(milliseconds{0}), now.wall};
  memory_->health.checked(static_cast<std::size_t>(&r - runners_.data()), judged.verdict, false,
                          now.mono);
  const auto result = judged.verdict.result;
  publish_run(r, std::move(judged.verdict), now);
  looked(r, result, tell_change());
}

void probe_state::publish_run(const runner& r, check_verdict verdict, const instant& now) {
  const auto& check = check_of(r);
  const bool ran = verdict.result != check_result::skipped;
  const auto& next = r.between.round != 0 ? r.between : r.usual;
  auto& facts = world_->facts;
  facts.publish(
    check_finished{facts.next_origin(spec().name, memory_->incarnation, now), check.name,
                   kind_of(check.target), std::move(verdict), machine_of(r).health,
                   ran ? duration_cast<microseconds>(now.mono - r.began.mono) : microseconds{0},
                   ran ? r.lag : microseconds{0},
                   next.round != 0 ? std::optional{on_wall(now, next.due)} : std::nullopt});
}

} // namespace reeve::actors
