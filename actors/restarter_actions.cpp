// The part of the restarter that carries out what the service tree answered.
#include "actors/log_about.hpp"
#include "actors/log_lines.hpp"
#include "actors/restarter.hpp"

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

/// Giving up is loud.
spdlog::level::level_enum level_of(supervision s, spdlog::level::level_enum otherwise) {
  if (s == supervision::given_up)
    return spdlog::level::err;
  if (s == supervision::waiting || s == supervision::restarting)
    return spdlog::level::warn;
  return otherwise;
}

service_spec by_remedy(service_spec service, std::size_t remedy) {
  service.restart.target = service.restart.further[remedy - 1].target;
  return service;
}

} // namespace

void restarter_state::settle(service_tree::actions actions, const headline& line) {
  for (auto& a : actions)
    memory_->actions.push_back(std::move(a));
  carry_out_actions(line);
  publish_changes(line);
  publish_news();
  remember();
  arm();
}

/// `kept`, if any, is called when that and all before it is kept.
void restarter_state::remember(std::function<void()> kept) {
  const auto names = std::exchange(memory_->unkept, {});
  const auto& keep = world_->out.remember;
  if (keep && (kept || !names.empty()))
    keep(memory_->tree.remember(names, world_->out.now()), std::move(kept));
  else if (kept)
    kept();
}

void restarter_state::carry_out_actions(const headline& line) {
  while (!memory_->actions.empty()) {
    const auto next = std::move(memory_->actions.front());
    memory_->actions.pop_front();
    carry_out(next, line);
  }
}

void restarter_state::carry_out(const tree_action& a, const headline& line) {
  using kind = tree_action::kind;
  switch (a.what) {
  case kind::stop:
    return operate(a, io::operation::stop);
  case kind::start:
    return operate(a, io::operation::start);
  case kind::restart:
    return operate(a, io::operation::restart);
  case kind::wait:
    if (auto& failure = memory_->records[a.name].failure)
      failure->due = (failure->due ? now() : failure->at) + a.delay;
    return;
  case kind::give_up:
    memory_->records[a.name].failure.reset();
    return;
  case kind::changed:
    touched_.insert(a.name);
    return;
  case kind::look:
    note_reaction(a.name);
    world_->send_to_probe(a.name,
                          look_again{memory_->tree.supervision_of(a.name, now()).incarnation});
    return;
  case kind::hold:
    return note_reaction(a.name);
  case kind::escalate:
    return log_escalation(a, line);
  case kind::exit:
    spdlog::critical("nothing is left to try: {}", a.reason);
    if (world_->exhausted)
      world_->exhausted(a.reason);
    return;
  }
}

/// The headline tells whose failure it is, unless that one was heard late.
void restarter_state::log_escalation(const tree_action& a, const headline& line) {
  const bool same = !line.said.empty() && a.reason.find(line.said) != std::string::npos;
  log_about("group", a.name)
    ->error("{}", escalation_line(a.name, a.reason, same ? line.subject : ""));
}

/// Only what was done first, for what comes after waits for others than Reeve.
void restarter_state::note_reaction(const std::string& service) {
  const auto found = memory_->records.find(service); // it may be a group
  if (found == memory_->records.end() || !found->second.failure || found->second.failure->reaction)
    return;
  auto& failure = *found->second.failure;
  const auto late = duration_cast<microseconds>(now() - failure.due.value_or(failure.at));
  failure.reaction = std::max(late, microseconds{0});
}

void restarter_state::operate(const tree_action& a, io::operation what) {
  auto& m = *memory_;
  auto& r = m.records[a.name];
  if (what != io::operation::stop)
    r.run = r.spec;
  if (!r.run) {
    log_about("service", a.name)
      ->error("{}: ordered to act on a service that is not known", a.name);
    return;
  }
  touched_.insert(a.name);
  if (m.closing && what != io::operation::stop
      && std::holds_alternative<process_spec>(r.run->restart.target))
    return; // Reeve's end stops all of them
  operation_record op{++m.last_operation, what, cause_word(a, r), world_->out.now()};
  if (r.failure && a.cause == restart_cause::failed) {
    note_reaction(a.name);
    op.reaction = r.failure->reaction;
  }
  op.own_container = a.remedy == 0 && std::holds_alternative<docker_target>(r.run->restart.target);
  m.operations.insert_or_assign(a.name, op);
  world_->out.carry_out(what, a.remedy == 0 ? *r.run : by_remedy(*r.run, a.remedy),
                        when_done(a.name, op.id));
}

/// It may come when this restarter is long dead.
outside::completion restarter_state::when_done(const std::string& service, std::uint64_t id) const {
  return [service, id, w = std::weak_ptr{world_},
          m = std::weak_ptr{memory_}](io::operation_outcome outcome) {
    const auto world = w.lock();
    const auto memory = m.lock();
    if (!world || !memory)
      return;
    const auto found = memory->operations.find(service);
    if (found == memory->operations.end() || found->second.id != id)
      return;
    found->second.outcome = std::move(outcome);
    caf::anon_send(world->who.restarter, operation_ended{});
  };
}

/// Few fixed words, for they become a label: unhealthy, exited, container (its own
/// failure); group, cooldown, person, reload. Empty: a first start.
std::string restarter_state::cause_word(const tree_action& a, const record& r) const {
  if (a.cause == restart_cause::boot)
    return "";
  if (a.cause == restart_cause::failed)
    return r.failure ? r.failure->cause : "unhealthy";
  return std::string{to_string(a.cause)};
}

// -- what changed -------------------------------------------------------------------

void restarter_state::publish_changes(const headline& line) {
  auto touched = std::exchange(touched_, {});
  memory_->unkept.insert(touched.begin(), touched.end());
  const bool changed = touched.erase(line.subject) > 0 && publish_change(line.subject);
  if (!line.text.empty())
    log(line, changed);
  for (const auto& service : touched)
    if (const auto level = publish_change(service))
      log({service, "", "", *level}, true);
}

/// How loud its line is; none if it is worth no line, having no new state, no new time of the
/// next restart, and nothing new that holds it back.
std::optional<spdlog::level::level_enum>
restarter_state::publish_change(const std::string& service) {
  set_level(service);
  if (!memory_->tree.knows(service))
    return std::nullopt;
  const auto is = shown(service);
  const auto was = std::exchange(memory_->records[service].told, is);
  const bool worth_a_line = is.state != was.state
                            || (is.next_restart && is.next_restart != was.next_restart)
                            || (is_held_back(is) && is.hold != was.hold);
  if (worth_a_line || is.attempt != was.attempt || is.reason != was.reason
      || is.restarts != was.restarts)
    publish(service, was, is);
  if (!worth_a_line)
    return std::nullopt;
  const bool announced = is.state == supervision::restarting
                         && (was.state == supervision::waiting || is.incarnation == 0);
  return announced ? spdlog::level::debug : level_of(is.state, spdlog::level::info);
}

void restarter_state::publish_news() {
  for (auto& news : memory_->tree.take_news()) {
    const auto& service =
      std::visit([](const auto& n) -> const std::string& { return n.service; }, news);
    if (!memory_->tree.knows(service))
      continue; // removed meanwhile
    const auto incarnation = memory_->tree.supervision_of(service, now()).incarnation;
    world_->facts.publish(decision_made{
      world_->facts.next_origin(service, incarnation, world_->out.now()), std::move(news)});
  }
}

void restarter_state::log(const headline& line, bool changed) const {
  const auto out = log_about("service", line.subject);
  if (!changed || line.complete)
    return out->log(line.level, "{}", line.text);
  const auto s = shown(line.subject);
  if (line.text.empty())
    out->log(line.level, "{}", supervision_line(line.subject, s, now()));
  else
    out->log(line.usual ? line.level : level_of(s.state, line.level), "{}",
             joined(line.text, next_line(s, line.said, now())));
}

void restarter_state::publish(const std::string& service, const service_supervision& before,
                              const service_supervision& is) {
  const auto at = world_->out.now();
  supervision_changed fact{world_->facts.next_origin(service, is.incarnation, at),
                           before.state,
                           is.state,
                           is.group,
                           is.reason,
                           is.attempt};
  if (is.next_restart) {
    const auto left = duration_cast<milliseconds>(*is.next_restart - at.mono);
    fact.next_restart = at.wall + left;
    if (is.state == supervision::waiting)
      fact.backoff = left;
  }
  fact.restarts = is.restarts;
  world_->facts.publish(std::move(fact));
}

/// As the tree has it, but for what it need not know.
service_supervision restarter_state::shown(const std::string& service) const {
  auto s = memory_->tree.supervision_of(service, now());
  const auto op = memory_->operations.find(service);
  if (op != memory_->operations.end() && op->second.waits && s.state == supervision::restarting) {
    s.state = supervision::waiting;
    s.hold = held_by::predecessor;
    s.reason = "waits for its predecessor: what an earlier Reeve ran for it has not ended yet";
  }
  return s;
}

void restarter_state::set_level(const std::string& service) {
  using phase = run_level::phase;
  auto& m = *memory_;
  if (!m.tree.knows(service))
    return;
  const auto s = m.tree.supervision_of(service, now());
  run_level level{phase::up, s.incarnation, "", m.records[service].started};
  if (m.operations.contains(service) || s.state == supervision::restarting)
    level.what = phase::changing;
  else if (s.state == supervision::stopped || s.state == supervision::ended) {
    level.what = phase::resting;
    level.reason = s.reason;
  }
  if (world_->level_of(service) == level)
    return;
  world_->levels[service] = level;
  world_->send_to_probe(service, run_changed{level});
}

} // namespace reeve::actors
