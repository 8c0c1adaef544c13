#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree_state.hpp"

namespace reeve {

// -- what persons order -------------------------------------------------------

result<service_tree::actions> service_tree::person(std::string_view name, order o, mono_time now) {
  if (!knows(name)) {
    std::vector<std::string> names;
    for (const auto& [known, s] : state_->services)
      names.push_back(known);
    return error{"no service '" + std::string{name} + "'" + did_you_mean(name, names)};
  }
  auto& s = *state_->find(name);
  if (auto why_not = state_->refusal(s, o); !why_not.empty())
    return error{std::move(why_not)};
  state_->carry_out(s, o, now);
  return state_->finish_call(now);
}

/// Why `o` cannot be done; empty: it can.
std::string service_tree::state::refusal(const tree_node& s, reeve::order o) const {
  const auto because = [&](const std::string& why) { return "'" + s.name + "' " + why; };
  const bool is_stopped = s.state == supervision::stopped;
  const bool is_down = is_stopped || s.state == supervision::ended;
  const bool is_busy = s.plan || s.in_flight != operation::none;
  if (exiting)
    return "everything is being stopped";
  if (!has_target(s))
    return because("has no restart target: it is only watched");
  if (!s.frozen.empty() && !s.pause_ordered && o != order::stop)
    return because("is paused in Docker: unpause it there");
  if (o == order::resume)
    return s.state == supervision::paused ? "" : because("is not paused");
  if (s.state == supervision::paused && o == order::pause)
    return because("is paused already");
  if (s.state == supervision::paused && o != order::stop)
    return because("is paused: resume it first");
  if (o == order::stop) {
    if (is_stopped)
      return because("is stopped already");
    return can_stop(s) ? "" : because("has no stop command");
  }
  const bool is_ending = s.plan && s.plan->then != tree_plan::sequel::none;
  if (is_busy)
    return because(is_stopped || is_ending ? "is still being stopped: try again when it is"
                                           : "is being restarted already");
  if (o == order::pause)
    return is_down || s.state == supervision::given_up
             ? because("is " + std::string{to_string(s.state)} + ": there is nothing to pause")
             : "";
  if (!can_start(s))
    return because("has no start command");
  if (o == order::start && s.alive)
    return because("runs already: restart it instead");
  return "";
}

void service_tree::state::carry_out(tree_node& s, reeve::order o, mono_time now) {
  switch (o) {
  case order::restart:
  case order::start:
    cancel_wait(s);
    s.history = {};
    s.on_trial = false;
    window_of(s).clear();
    set_state(s, supervision::restarting, ""); // no longer as a person left it
    return restart_alone(s, restart_cause::person, "ordered by a person");
  case order::stop:
    stop_for_good(s, "stopped by a person");
    if (s.alive && s.in_flight == operation::none)
      order(s, operation::stop, restart_cause::person, s.reason);
    return;
  case order::pause:
    s.pause_ordered = true;
    return pause(s);
  case order::resume:
    return resume(s, now);
  }
}

void service_tree::state::stop_for_good(tree_node& s, const std::string& reason) {
  cancel_wait(s);
  leave_plan(s);
  s.late.reset();
  s.trial.reset();
  s.again = false;
  s.frozen.clear();
  s.pause_ordered = false;
  set_state(s, supervision::stopped, reason);
  release_waiters(s);
}

void service_tree::state::pause(tree_node& s) {
  if (s.state == supervision::waiting)
    s.late = std::make_unique<late_failure>(
      late_failure{{s.reason, s.alive, false, std::nullopt}, s.incarnation, 0, true});
  cancel_wait(s);
  set_state(s, supervision::paused, "paused by a person");
  release_waiters(s);
}

/// A restart that was counted before the pause is not counted twice.
void service_tree::state::resume(tree_node& s, mono_time now) {
  s.pause_ordered = false;
  if (!s.frozen.empty())
    return set_state(s, supervision::paused, s.frozen);
  const auto late = std::exchange(s.late, nullptr);
  const bool is_idle = s.in_flight == operation::none; // else it is still being started
  set_state(s, is_idle ? supervision::running : supervision::restarting, "");
  if (std::exchange(s.again, false))
    return restart_alone(s, restart_cause::reload, "its process was changed");
  if (!late)
    return;
  if (!late->counted)
    return heard(s, late->what, now, late->random);
  set_state(s, supervision::waiting, late->what.reason);
  wait(s, now, false);
}

// -- what others did ----------------------------------------------------------

bool service_tree::state::thaw(tree_node& s) {
  s.frozen.clear();
  note(s);
  if (s.state != supervision::paused || s.pause_ordered)
    return false;
  set_state(s, supervision::running, "");
  return true;
}

service_tree::actions service_tree::observed_pause(std::string_view name, std::string reason,
                                                   mono_time now) {
  auto* s = state_->find(name);
  if (!s || !s->placed || !s->frozen.empty() || s->in_flight != operation::none || state_->exiting)
    return {};
  s->frozen = reason;
  s->alive = true;
  state_->note(*s);
  state_->explain_decision(*s, decision::kind::observed, reason, "", {}, now);
  if (s->state == supervision::paused)
    return state_->finish_call(now);
  state_->cancel_wait(*s);
  state_->leave_plan(*s);
  s->late.reset();
  state_->set_state(*s, supervision::paused, std::move(reason));
  state_->release_waiters(*s);
  return state_->finish_call(now);
}

service_tree::actions service_tree::recovered(std::string_view name, std::uint32_t incarnation,
                                              mono_time now) {
  auto* s = state_->find(name);
  if (!s || s->incarnation != incarnation || !s->alive)
    return {};
  if (!s->history.healthy_since)
    s->history.healthy_since = now;
  state_->trial_healthy(*s, now);
  s->late.reset();
  if (s->plan)
    return state_->finish_call(now);
  if (s->state == supervision::given_up)
    s->on_trial = true;
  if (s->state == supervision::given_up || (s->state == supervision::waiting && has_wait(*s))) {
    state_->explain_decision(*s, decision::kind::healed, s->reason,
                             "it is well again by itself, and left alone", {}, now);
    state_->cancel_wait(*s);
    state_->set_state(*s, supervision::running, "");
    state_->release_waiters(*s);
  }
  return state_->finish_call(now);
}

service_tree::actions service_tree::observed_stop(std::string_view name, std::string reason,
                                                  mono_time now) {
  auto* s = state_->find(name);
  if (!s || !s->placed || s->in_flight != operation::none)
    return {};
  s->alive = false;
  state_->note(*s);
  state_->explain_decision(*s, decision::kind::observed, reason, "", {}, now);
  if (!state_->exiting)
    state_->stop_for_good(*s, reason);
  return state_->finish_call(now);
}

service_tree::actions service_tree::observed_start(std::string_view name, mono_time now,
                                                   std::string reason) {
  auto* s = state_->find(name);
  if (!s || !s->placed || s->in_flight != operation::none)
    return {};
  s->alive = true;
  ++s->incarnation;
  s->late.reset();
  s->history.healthy_since.reset();
  s->history.last_good.reset();
  if (!reason.empty())
    state_->explain_decision(*s, decision::kind::observed, std::move(reason), "", {}, now);
  s->trial.reset();
  state_->began(*s);
  state_->cancel_wait(*s);
  state_->thaw(*s);
  if (s->state == supervision::paused)
    state_->set_state(*s, supervision::paused, s->reason);
  else if (!s->plan && !state_->exiting)
    state_->set_state(*s, supervision::running, "");
  state_->release_waiters(*s);
  return state_->finish_call(now);
}

} // namespace reeve
