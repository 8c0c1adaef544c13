#include "actors/restarter.hpp"

#include "actors/caf/actor_helpers.hpp"
#include "actors/log_lines.hpp"
#include "actors/tree_walk.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace reeve::actors {

namespace {

std::string done_word(io::operation what) {
  switch (what) {
  case io::operation::stop:
    return "stopped";
  case io::operation::start:
    return "started";
  case io::operation::restart:
    return "restarted";
  }
  return "";
}

/// Only the process itself says that it is well, and a line on its start did so.
bool only_runs(const health_changed& h, const restarter_memory::record& r) {
  return h.to == health::healthy && !r.logged && r.spec->checks.empty()
         && std::holds_alternative<process_spec>(r.spec->restart.target);
}

/// The line on the start that failed says it.
bool only_could_not_start(const health_changed& h) {
  return h.check == "process" && h.to == health::unhealthy && h.liveness == health::unknown;
}

bool orders_stop(const service_tree::actions& actions, const std::string& service) {
  return std::any_of(actions.begin(), actions.end(), [&](const tree_action& a) {
    return a.what == tree_action::kind::stop && a.name == service;
  });
}

/// One of the words of the metrics' label `reason`.
std::string failure_word(const health_changed& h) {
  if (h.check == "process")
    return "exited";
  return h.check == "container" ? "container" : "unhealthy";
}

} // namespace

void restarter_state::begin(pointer self, world_ptr w, std::shared_ptr<restarter_memory> memory) {
  self_ = self;
  world_ = std::move(w);
  memory_ = std::move(memory);
  const bool first = !std::exchange(memory_->booted, true);
  if (first) {
    take_specs(memory_->spec);
    respect_stops();
  }
  touch_all(); // the one before may have died before it told
  if (memory_->pressure)
    hear_pressure(); // before anything is restarted
  settle(first ? memory_->tree.boot(now()) : service_tree::actions{});
  hear_facts();
  hear_pressure();
  hear_orders();
  hear_operations();
  arm();
}

/// The engine does not know of those that an earlier Reeve saw.
void restarter_state::respect_stops() {
  for (const auto& [service, r] : memory_->records) {
    const auto* docker = std::get_if<docker_target>(&r.spec->restart.target);
    const auto is = memory_->tree.supervision_of(service, now()).state;
    if (docker && is == supervision::stopped && world_->out.remember_stopped)
      world_->out.remember_stopped(docker->container);
  }
}

void restarter_state::touch_all() {
  for (const auto& [service, r] : memory_->records)
    touched_.insert(service);
}

mono_time restarter_state::now() const {
  return world_->out.now().mono;
}

void restarter_state::take(const fact& f) {
  if (const auto* health = std::get_if<health_changed>(&f))
    hear(*health);
  else if (const auto* observed = std::get_if<run_observed>(&f))
    hear(*observed);
  else if (const auto* config = std::get_if<config_applied>(&f))
    hear(*config);
}

void restarter_state::hear(const health_changed& h) {
  const auto& service = h.origin.service;
  auto& m = *memory_;
  const auto found = m.records.find(service);
  if (m.closing || !m.tree.knows(service) || found == m.records.end())
    return;
  auto& r = found->second;
  r.sick = h.liveness == health::unhealthy ? std::make_shared<const health_changed>(h) : nullptr;
  m.unkept.insert(service); // when it was well last is no change for others
  auto actions = tell_dependents(h);
  const auto own = judge(h, r);
  const auto line = line_on(h, r, h.liveness == health::unhealthy && !own.empty());
  actions.insert(actions.end(), own.begin(), own.end());
  settle(std::move(actions), line);
}

/// What its own liveness leads to.
service_tree::actions restarter_state::judge(const health_changed& h, record& r) {
  auto& tree = memory_->tree;
  const auto& service = h.origin.service;
  if (is_good(h.liveness))
    return tree.recovered(service, h.origin.incarnation, now());
  if (h.liveness != health::unhealthy)
    return {};
  const auto before = tree.supervision_of(service, now()).state;
  auto actions = tree.failed(
    service, h.origin.incarnation,
    {h.reason, h.alive, h.clean, h.last_good, h.with_engine ? blame::engine : blame::service},
    now(), world_->out.random());
  if (before == supervision::running && !actions.empty())
    r.failure = restarter_memory::seen_failure{failure_word(h), h.origin.at.mono};
  return actions;
}

service_tree::actions restarter_state::tell_dependents(const health_changed& h) {
  return memory_->tree.health_is(h.origin.service, h.origin.incarnation, holds_nobody(h.to),
                                 joined(std::string{to_string(h.to)}, h.reason, ": "), now(),
                                 world_->out.random());
}

/// None if the health is as before and nothing is done about it; one for debugging if
/// other lines tell the same.
headline restarter_state::line_on(const health_changed& h, record& r, bool acted) const {
  if (h.from == h.to && !acted)
    return {};
  const auto& service = h.origin.service;
  const auto is = memory_->tree.supervision_of(service, now()).state;
  if (h.clean && (is == supervision::ended || h.to == health::healthy))
    return {.subject = service, .text = service + " " + h.reason, .said = h.reason, .usual = true};
  headline line{service, health_line(h), h.reason,
                h.to == health::healthy ? spdlog::level::info : spdlog::level::warn};
  const bool rests = is == supervision::stopped || is == supervision::ended
                     || (is == supervision::paused && h.check == "container");
  const bool known = !acted && r.logged == h.to;
  if (known || h.to == health::starting || only_runs(h, r) || only_could_not_start(h)
      || (rests && h.to == health::unknown))
    line.level = spdlog::level::debug;
  else
    r.logged = h.to;
  return line;
}

void restarter_state::hear(const run_observed& o) {
  const auto& service = o.origin.service;
  auto& tree = memory_->tree;
  if (memory_->closing || !tree.knows(service))
    return;
  using kind = run_observed::kind;
  switch (o.what) {
  case kind::started:
    touched_.insert(service);
    memory_->records[service].started = now();
    return settle(tree.observed_start(service, now(), o.reason));
  case kind::stopped:
    touched_.insert(service);
    return settle(tree.observed_stop(service, o.reason, now()));
  case kind::paused:
    touched_.insert(service);
    return settle(tree.observed_pause(service, o.reason, now()));
  case kind::target_there:
  case kind::no_target:
    return settle(
      tree.target_is(service, o.what == kind::target_there, o.reason, now(), world_->out.random()));
  }
}

void restarter_state::hear(const config_applied& c) {
  const auto before = std::exchange(memory_->spec, c.spec);
  if (memory_->closing || before == c.spec)
    return;
  auto actions = memory_->tree.reload(*c.spec, now());
  take_specs(c.spec);
  touch_all();
  settle(std::move(actions));
  judge_anew();
  if (world_->change_probes)
    world_->change_probes(before, c.spec);
}

/// A service may have got a restart target while it was unhealthy.
void restarter_state::judge_anew() {
  for (auto& [service, r] : memory_->records) {
    if (!r.spec || !r.sick)
      continue;
    const auto s = memory_->tree.supervision_of(service, now());
    if (s.state == supervision::running && s.incarnation == r.sick->origin.incarnation) {
      auto known = *r.sick;
      known.from = known.to; // old news, but for what is done about it now
      hear(known);
    }
  }
}

void restarter_state::take_specs(const std::shared_ptr<const daemon_spec>& spec) {
  auto& records = memory_->records;
  for (auto& [service, r] : records)
    r.spec = nullptr;
  for (const auto& service : spec->services) {
    auto& r = records[service.name];
    r.spec = std::shared_ptr<const service_spec>{spec, &service};
    if (!r.run || r.run->restart.target == service.restart.target)
      r.run = r.spec;
  }
  std::erase_if(world_->levels, [&](const auto& level) {
    const auto found = records.find(level.first);
    return found == records.end() || !found->second.spec;
  });
  for (const auto& [service, r] : records)
    if (!r.spec)
      memory_->unkept.insert(service);
  std::erase_if(records, [&](const auto& entry) {
    return !entry.second.spec && !memory_->operations.contains(entry.first)
           && !std::holds_alternative<process_spec>(entry.second.run->restart.target);
  });
}

// -- persons ----------------------------------------------------------------------

void restarter_state::hear_orders() {
  while (!memory_->orders.empty()) {
    auto next = std::move(memory_->orders.front());
    memory_->orders.pop_front();
    hear_order(std::move(next));
  }
}

void restarter_state::hear_order(person_order o) {
  if (memory_->closing)
    return o.answer(error{"Reeve is stopping"});
  auto done = memory_->tree.person(o.service, o.what, now());
  if (!done)
    return o.answer(error{done.sentence()});
  auto& r = memory_->records[o.service];
  r.failure.reset();
  const auto* docker = std::get_if<docker_target>(&r.spec->restart.target);
  if (o.what == order::stop && docker && world_->out.remember_stopped)
    world_->out.remember_stopped(docker->container);
  const bool under_way = memory_->operations.contains(o.service) || orders_stop(*done, o.service);
  settle(std::move(*done), {o.service, order_line(o.service, o.what, under_way), "",
                            spdlog::level::info, o.what != order::resume});
  remember([answer = std::move(o.answer)] { answer(std::monostate{}); });
}

// -- operations -------------------------------------------------------------------

void restarter_state::hear_operations() {
  tell_who_waits();
  for (auto next = memory_->operations.begin(); next != memory_->operations.end();) {
    if (!next->second.outcome) {
      ++next;
      continue;
    }
    auto done = memory_->operations.extract(next);
    hear_operation(done.key(), done.mapped());
    next = memory_->operations.begin(); // it may have ordered others
  }
  if (memory_->closing && memory_->operations.empty() && memory_->idle)
    std::exchange(memory_->idle, {})();
}

void restarter_state::tell_who_waits() {
  for (auto& [service, op] : memory_->operations)
    if (op.waits != std::exchange(op.waits_told, op.waits))
      touched_.insert(service);
  if (!touched_.empty())
    publish_changes({});
}

void restarter_state::hear_operation(const std::string& service, const operation_record& done) {
  auto& m = *memory_;
  auto& r = m.records[service];
  const bool ok = static_cast<bool>(*done.outcome);
  const auto problem = ok ? std::string{} : done.outcome->sentence();
  const auto took =
    std::chrono::duration_cast<std::chrono::milliseconds>(now() - done.ordered.mono);
  if (m.closing && !ok && done.what != io::operation::stop) // by Reeve's end: no failure of it
    return log({service, operation_line(service, done_word(done.what), took, problem)}, false);
  const auto whose = ok ? blame::service : done.whose();
  touched_.insert(service);
  service_tree::actions actions;
  if (done.what == io::operation::stop) {
    actions = m.tree.stopped(service, now());
  } else if (ok) {
    r.started = now();
    r.failure.reset();
    r.logged.reset();
    actions = m.tree.started(service, now());
  } else {
    r.failure = restarter_memory::seen_failure{r.failure ? r.failure->cause : "unhealthy", now()};
    actions = m.tree.start_failed(service, problem, now(), world_->out.random(), whose);
  }
  const bool known = whose != blame::service && r.told.reason == problem;
  settle(std::move(actions),
         {service, operation_line(service, done_word(done.what), took, problem), problem,
          ok      ? spdlog::level::info
          : known ? spdlog::level::debug
                  : spdlog::level::warn,
          known});
  if (done.what == io::operation::stop)
    after_stop(service, ok);
  else if (!done.cause.empty() && whose == blame::service && m.tree.knows(service))
    publish_restart(service, done);
}

void restarter_state::publish_restart(const std::string& service, const operation_record& done) {
  const auto s = memory_->tree.supervision_of(service, now());
  const bool ok = static_cast<bool>(*done.outcome);
  world_->facts.publish(
    restart_finished{world_->facts.next_origin(service, s.incarnation, world_->out.now()), s.group,
                     done.cause, ok, ok ? "" : done.outcome->sentence(), done.reaction});
}

void restarter_state::after_stop(const std::string& service, bool ok) {
  auto& m = *memory_;
  auto& r = m.records[service];
  if (m.operations.contains(service))
    return;
  if (r.spec) {
    r.run = r.spec;
    if (!ok && m.tree.supervision_of(service, now()).state == supervision::stopped)
      settle(m.tree.observed_start(service, now())); // it is still there
    return;
  }
  m.records.erase(service); // removed by a reload, and gone now
  if (world_->out.forget_child)
    world_->out.forget_child(service);
}

// -- time ---------------------------------------------------------------------------

void restarter_state::due(mono_time timer) {
  timers_.erase(timer);
  if (!memory_->closing)
    settle(memory_->tree.due(now()));
}

void restarter_state::hear(const still_sick& s) {
  if (!memory_->closing)
    settle(memory_->tree.still_sick(s.service, s.incarnation, now()));
}

void restarter_state::hear_pressure() {
  if (!memory_->closing)
    settle(memory_->tree.pressure_is(memory_->pressure, now()));
}

/// A delayed message cannot be recalled: one for a time at which nothing is due any more does no
/// harm, and is set for no time twice.
void restarter_state::arm() {
  const auto next = memory_->tree.next_due();
  if (!next || (!timers_.empty() && *timers_.begin() <= *next))
    return;
  timers_.insert(*next);
  self_->scheduled_send(self_, *next, tree_due{*next});
}

restarter_actor::behavior_type restarter(restarter_state::pointer self, world_ptr w,
                                         std::shared_ptr<restarter_memory> memory) {
  set_handlers(self);
  auto& state = self->state;
  state.begin(self, std::move(w), std::move(memory));
  return {
    [&state](facts_wait) { state.hear_facts(); },
    [](are_you_there) { return here_i_am{}; },
    [&state](hear_orders) { state.hear_orders(); },
    [&state](operation_ended) { state.hear_operations(); },
    [&state](close_down) { state.hear_operations(); },
    [&state](const tree_due& d) { state.due(d.at); },
    [&state](const still_sick& s) { state.hear(s); },
    [&state](pressure_changed) { state.hear_pressure(); },
  };
}

} // namespace reeve::actors
