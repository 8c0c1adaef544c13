#include "actors/probe.hpp"

#include "actors/caf/actor_helpers.hpp"
#include "actors/log_about.hpp"
#include "supervisor/checks/schedule.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

using std::chrono::milliseconds;

/// How long a probe waits before it works when `crashes` came before it in a row.
milliseconds pause_after(int crashes) {
  if (crashes < 2)
    return milliseconds{0};
  return std::min(milliseconds{100} * (1 << std::min(crashes - 2, 10)), milliseconds{30'000});
}

constexpr auto crash_memory = std::chrono::minutes{5};

/// Whose doing it is that a container runs which did not, or not in this run.
std::string who_starts(const service_health& before, const io::container_fact& f) {
  if (before.is_frozen())
    return "unpaused by a person, in Docker";
  const bool was_away = before.is_unreachable() && !f.restart_policy.empty();
  return before.is_restarted_by_engine() || was_away ? "restarted by Docker itself"
                                                     : "started by a person";
}

} // namespace

void probe_state::begin(pointer self, world_ptr w, std::shared_ptr<probe_memory> memory) {
  self_ = self;
  world_ = std::move(w);
  memory_ = std::move(memory);
  name = "probe of " + spec().name;
  token_ = memory_->owner = ++memory_->last_number;
  const bool handed_over = std::exchange(memory_->owned, true);
  if (!std::exchange(memory_->in_use, true) || handed_over)
    return work();
  const auto now = world_->out.now().mono;
  if (now - memory_->last_crash > crash_memory)
    memory_->crashes = 0;
  memory_->last_crash = now;
  ++memory_->crashes;
  memory_->health.doubt("Reeve's own probe of it failed; see Reeve's log");
  tell_change();
  if (const auto pause = pause_after(memory_->crashes); pause.count() > 0)
    self_->scheduled_send(self_, now + pause, begin_work{});
  else
    work();
}

probe_state::~probe_state() {
  if (!self_)
    return;
  unwatch();
  if (memory_->owner == token_)
    memory_->owned = false;
}

void probe_state::work() {
  if (memory_->owner != token_)
    return;
  working_ = true;
  memory_->health.trust();
  runners_.resize(spec().checks.size());
  const auto level = world_->level_of(spec().name);
  if (!std::exchange(memory_->worked, true) && !level.started)
    memory_->incarnation = level.incarnation; // it runs as we found it
  follow(level);
}

void probe_state::asked_to_exit(caf::exit_msg& exit) {
  if (memory_->owner == token_)
    memory_->in_use = false;
  self_->quit(std::move(exit.reason));
}

void probe_state::respec(std::shared_ptr<const service_spec> changed) {
  if (memory_->owner != token_)
    return;
  const auto before = std::exchange(memory_->spec, std::move(changed));
  memory_->health.respec(memory_->spec, world_->out.now().mono);
  if (!at_work() || *before == spec())
    return;
  std::vector<runner> kept(spec().checks.size());
  for (std::size_t now = 0; now < kept.size(); ++now)
    for (std::size_t then = 0; then < before->checks.size(); ++then)
      if (before->checks[then] == spec().checks[now])
        kept[now] = std::move(runners_[then]);
  runners_ = std::move(kept);
  unwatch();
  follow(memory_->level);
}

// -- what the restarter says ----------------------------------------------------

void probe_state::level_changed(const run_level& now) {
  if (at_work())
    follow(now);
}

void probe_state::follow(const run_level& level) {
  auto& m = *memory_;
  m.level = level;
  if (level.what != run_level::phase::up) {
    const bool rests = level.what == run_level::phase::resting;
    if (rests)
      m.health.rest(level.reason);
    hold();
    if (rests || watched_.empty())
      watch(); // anew: what was told during a change was not heard
    tell_change();
    return;
  }
  m.health.rest_no_more();
  const bool just_started = std::exchange(m.incarnation, level.incarnation) != level.incarnation;
  if (just_started) {
    m.health.begin(world_->out.now().mono);
    hold();
  }
  read_process();
  watch();
  schedule(just_started);
  tell_change();
}

// -- processes and containers -----------------------------------------------------

void probe_state::child_ended() {
  if (!at_work() || memory_->level.what != run_level::phase::up)
    return; // the restarter tells when it is done
  read_process();
  schedule(false);
  tell_change();
}

void probe_state::read_process() {
  if (!std::holds_alternative<process_spec>(spec().restart.target))
    return;
  auto& health = memory_->health;
  const auto child = world_->out.child(spec().name);
  if (child.pid)
    health.process_runs();
  else if (child.why_not_started)
    health.could_not_start(*child.why_not_started);
  else if (child.last_exit && !child.last_exit->ordered)
    health.gone(to_string(*child.last_exit), child.last_exit->clean(), world_->out.now().mono);
  else
    health.not_started(child.last_exit ? "stopped with its group" : "not started yet");
}

void probe_state::watch() {
  std::string container;
  if (const auto* target = std::get_if<docker_target>(&spec().restart.target))
    container = target->container;
  for (const auto& check : spec().checks)
    if (const auto* docker = std::get_if<docker_check>(&check.target); docker && container.empty())
      container = docker->container;
  if (container.empty() || !world_->out.watch)
    return;
  if (watch_key_.empty())
    watch_key_ = spec().name + "#" + std::to_string(++memory_->last_number);
  watched_ = container;
  world_->out.watch(container, watch_key_,
                    [me = caf::actor_cast<probe_actor>(self_)](const io::container_fact& f) {
                      caf::anon_send(me, container_told{f});
                    });
}

void probe_state::unwatch() {
  if (!watched_.empty())
    world_->out.unwatch(watched_, watch_key_);
  watched_.clear();
}

void probe_state::container(const io::container_fact& f) {
  using phase = run_level::phase;
  if (!at_work() || memory_->level.what == phase::changing)
    return; // it is watched anew when that is over
  if (!std::holds_alternative<docker_target>(spec().restart.target))
    return run_docker_checks();
  if (memory_->level.what == phase::up)
    hear_container(f);
  else if (f.what == io::container_fact::kind::running)
    observe(run_observed::kind::started, "started by a person");
  else if (f.what == io::container_fact::kind::paused)
    observe(run_observed::kind::paused, f.reason);
}

/// Whether there is something that can be restarted.
void probe_state::tell_target(const io::container_fact& f) {
  using kind = io::container_fact::kind;
  if (f.what == kind::unreachable)
    observe(run_observed::kind::no_target, f.reason);
  else if (f.what == kind::removed)
    observe(run_observed::kind::no_target, "until there is one");
  else
    observe(run_observed::kind::target_there, "");
}

void probe_state::hear_container(const io::container_fact& f) {
  using kind = io::container_fact::kind;
  auto& health = memory_->health;
  const auto now = world_->out.now().mono;
  tell_target(f);
  switch (f.what) {
  case kind::running:
    tell_double_supervision(f);
    if (const auto by = who_starts(health, f);
        health.container_runs(f.health, f.reason, f.started_at, now)) {
      observe(run_observed::kind::started, by);
      hold();
      schedule(true);
    }
    break;
  case kind::paused:
    health.frozen(f.reason);
    hold();
    observe(run_observed::kind::paused, f.reason);
    break;
  case kind::failed:
  case kind::ended:
  case kind::removed:
    if (f.engine_restarts)
      health.gone_for_now(f.reason, now);
    else if (f.with_engine)
      health.gone_with_engine(f.reason, now);
    else
      health.gone(f.reason, f.what == kind::ended, now);
    hold();
    break;
  case kind::stopped:
    hold();
    return observe(run_observed::kind::stopped, f.reason);
  case kind::unreachable:
    health.engine_unreachable(f.reason);
    break;
  case kind::at_rest:
    health.engine_reachable();
    break;
  }
  run_docker_checks();
  tell_change();
}

/// Once: two who restart the same do not know of each other's limits.
void probe_state::tell_double_supervision(const io::container_fact& f) {
  if (f.restart_policy.empty() || std::exchange(memory_->double_supervision_told, true))
    return;
  log_about("service", spec().name)
    ->warn(
      "{}: the container has a restart policy of its own, '{}': when it exits, Docker restarts "
      "it without Reeve's backoff and limits; `docker update --restart=no {}` leaves it to Reeve",
      spec().name, f.restart_policy, watched_);
}

/// The engine told something: they need not wait for their next turn.
void probe_state::run_docker_checks() {
  if (checks_rest())
    return;
  for (auto& r : runners_)
    if (std::holds_alternative<docker_check>(check_of(r).target) && r.run == 0)
      run_between(r, world_->out.now());
}

void probe_state::observe(run_observed::kind what, const std::string& reason) {
  auto& facts = world_->facts;
  facts.publish(run_observed{
    facts.next_origin(spec().name, memory_->incarnation, world_->out.now()), what, reason});
}

// -- news ---------------------------------------------------------------------------

/// True: there was one.
bool probe_state::tell_change() {
  auto& m = *memory_;
  if (m.health.look().tells_the_same(m.last_told) && m.incarnation == m.told_incarnation)
    return false;
  tell();
  return true;
}

void probe_state::tell() {
  auto& m = *memory_;
  auto p = m.health.look();
  auto& facts = world_->facts;
  facts.publish(health_changed{facts.next_origin(spec().name, m.incarnation, world_->out.now()),
                               m.last_told.health, p.health, p.liveness, p.check, p.reason,
                               p.failures, p.alive, p.clean, p.last_good, p.with_engine});
  m.last_told = std::move(p);
  m.told_incarnation = m.incarnation;
}

probe_actor::behavior_type probe(probe_state::pointer self, world_ptr w,
                                 std::shared_ptr<probe_memory> memory) {
  set_handlers(self);
  auto& state = self->state;
  self->set_exit_handler([&state](caf::exit_msg& exit) { state.asked_to_exit(exit); });
  state.begin(self, std::move(w), std::move(memory));
  return {
    [&state](const run_changed& m) { state.level_changed(m.now); },
    [&state](const check_due& m) { state.due(m.round); },
    [&state](const check_answered& m) { state.answered(m); },
    [&state](const look_again& m) { state.look(m.incarnation); },
    [&state](child_ended) { state.child_ended(); },
    [&state](const container_told& m) { state.container(m.what); },
    [&state](const push_received& m) { state.pushed(m); },
    [&state](const actors::respec& m) { state.respec(m.spec); },
    [&state](begin_work) { state.work(); },
  };
}

} // namespace reeve::actors
