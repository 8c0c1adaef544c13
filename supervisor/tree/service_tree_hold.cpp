#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>
#include <cmath>

namespace reeve {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds wake_all{5'000}; ///< within which all are back
constexpr milliseconds scarcity_pause{5'000};
constexpr milliseconds engine_back{1'000}; ///< within which all that it ended is started

bool is_down(const tree_node& d) {
  if (d.state == supervision::ended)
    return false;
  if (d.state == supervision::stopped || !d.frozen.empty() || d.in_flight != operation::none)
    return true;
  return (has_target(d) && !d.alive) || !d.sick.empty();
}

/// Not all at the same moment, and none again and again without a pause.
milliseconds after_engine(double random) {
  const auto spread = static_cast<double>((engine_back - wake_each).count());
  return wake_each + milliseconds{std::llround(spread * random)};
}

/// What ran out is short for all: few ask for it again, and not at the same moment.
milliseconds after_scarcity(double random) {
  return scarcity_pause
         + milliseconds{std::llround(static_cast<double>(scarcity_pause.count()) * random)};
}

/// After "'postgres' is".
std::string how_down(const tree_node& d) {
  if (d.in_flight != operation::none || d.state == supervision::restarting)
    return "being restarted";
  if (d.state == supervision::stopped)
    return "stopped";
  if (!d.frozen.empty())
    return "paused";
  if (d.state == supervision::given_up)
    return "given up";
  return d.alive ? d.sick : "down";
}

bool tells_its_health(const tree_node& s) {
  return s.has_checks || is_process(s) || std::holds_alternative<docker_target>(s.restart->target);
}

/// Of its own, not as a part of something else. A cooldown is not cut short: what flaps
/// would be restarted for ever.
bool waits(const tree_node& s) {
  if (s.hold == held_by::dependency)
    return true;
  return s.state == supervision::waiting && s.timer && s.hold == held_by::nothing;
}

} // namespace

bool awaits_restart(const tree_node& s) {
  return s.state == supervision::waiting || s.state == supervision::given_up;
}

bool has_wait(const tree_node& n) {
  return n.timer || n.blocked || n.hold != held_by::nothing;
}

const tree_node* who_is_held(const tree_node& s) {
  return awaits_restart(s)
           ? who_brings_back(s, [](const tree_node& n) { return n.hold != held_by::nothing; })
           : nullptr;
}

// -- dependencies -------------------------------------------------------------

void service_tree::state::tie(const daemon_spec& spec) {
  const auto ties_of = [](tree_node& s) -> tree_ties& {
    if (!s.ties)
      s.ties = std::make_unique<tree_ties>();
    return *s.ties;
  };
  noted.clear();
  for (auto& [name, s] : leaving)
    s->ties.reset();
  for (auto& [name, s] : services)
    if (s->ties) {
      s->ties->dependencies.clear();
      s->ties->dependents.clear();
    }
  for (const auto& service : spec.services)
    for (const auto& name : service.depends_on) {
      auto& dependent = *services.find(service.name)->second;
      auto& dependency = *services.find(name)->second;
      ties_of(dependent).dependencies.push_back(&dependency);
      ties_of(dependency).dependents.push_back(&dependent);
    }
  for (auto& [name, s] : services) {
    if (s->ties)
      s->ties->noted = false;
    note(*s);
  }
}

const tree_node* service_tree::state::down_dependency(const tree_node& s) const {
  if (!s.ties)
    return nullptr;
  const auto& all = s.ties->dependencies;
  const auto found =
    std::find_if(all.begin(), all.end(), [](const auto* d) { return is_down(*d); });
  return found == all.end() ? nullptr : *found;
}

/// Whether others may rely on it is looked at before the call ends.
void service_tree::state::note(tree_node& s) {
  if (s.ties && !s.ties->dependents.empty() && !std::exchange(s.ties->noted, true))
    noted.push_back(&s);
}

/// What a restart waits for, other than the host; nothing: it does not.
held_by service_tree::state::holder(const tree_node& s) const {
  if (!s.no_target.empty())
    return held_by::target;
  return down_dependency(s) ? held_by::dependency : held_by::nothing;
}

void service_tree::state::hold(tree_node& s, held_by what, const std::string& reason,
                               mono_time now) {
  cancel_wait(s);
  s.hold = what;
  touch(s);
  const auto why = hold_reason(s, now);
  tell(kind::hold, s.name, why);
  explain_decision(s, decision::kind::hold, reason, "held: " + why, {}, now);
  release_waiters(s); // the dependency may be among them
}

/// What is not its fault.
void service_tree::state::restart_uncounted(tree_node& s, const failure& f, mono_time now,
                                            double random) {
  const auto delay = f.whose == blame::machine ? after_scarcity(random) : after_engine(random);
  s.trial.reset(); // it says nothing of the restart before
  const bool known = f.whose == blame::machine && s.reason == f.reason;
  set_state(s, supervision::waiting, f.reason);
  if (!known)
    explain_decision(s, decision::kind::wait, f.reason, "not counted; delay " + describe(delay),
                     delay, now);
  tell(kind::wait, s.name, f.reason, delay);
  wait(s, now + delay, false, true);
}

service_tree::actions service_tree::target_is(std::string_view name, bool is_there, std::string why,
                                              mono_time now, double random) {
  auto* s = state_->find(name);
  if (!s || !s->placed)
    return {};
  s->no_target = is_there ? "" : std::move(why);
  if (is_there && s->hold == held_by::target)
    state_->wake_up(*s, after_engine(random), now);
  else if (!is_there)
    state_->touch(*s);
  return state_->finish_call(now);
}

/// Those that waited for what is back now. True: some did.
bool service_tree::state::wake_dependents(mono_time now) {
  bool any = false;
  for (auto* d : std::exchange(noted, {})) {
    d->ties->noted = false;
    const bool down = is_down(*d);
    const bool is_back = !down && d->ties->was_down;
    d->ties->was_down = down;
    std::vector<tree_node*> ready;
    for (auto* s : d->ties->dependents)
      if (is_back && waits(*s) && !down_dependency(*s))
        ready.push_back(s);
      else if (s->hold == held_by::dependency)
        touch(*s); // for another reason now, or for another
    const auto spread = std::min(wake_all, wake_each * static_cast<int>(ready.size()));
    for (auto* s : ready) {
      if (!waits(*s))
        continue;                                            // taken along by one before it
      chance = std::fmod(chance + 0.618'033'988'749'895, 1); // evenly, however many there are
      wake_up(*s, milliseconds{std::llround(static_cast<double>(spread.count()) * chance)}, now);
      any = true;
    }
  }
  return any;
}

void service_tree::state::wake_up(tree_node& s, milliseconds after, mono_time now) {
  const bool has_target_again = s.hold == held_by::target;
  if (has_target_again || s.hold == held_by::dependency)
    s.late.reset(); // what it was held for explains it, and is not counted
  if (s.timer && s.timer->first <= now + after)
    return;
  explain_decision(
    s, decision::kind::wake, s.reason,
    (has_target_again ? "it can be acted on again: delay " : "what it depends on is back: delay ")
      + describe(after),
    after, now);
  if (!s.careful && after.count() > 0)
    tell(kind::wait, s.name, s.reason, after);
  wait(s, now + after, s.careful, true);
  s.woken = !has_target_again;
  touch(s);
}

service_tree::actions service_tree::health_is(std::string_view name, std::uint32_t incarnation,
                                              bool is_up, std::string reason, mono_time now,
                                              double random) {
  auto* s = state_->find(name);
  if (!s || s->incarnation != incarnation)
    return {};
  state_->chance = random;
  s->sick = is_up ? "" : std::move(reason);
  state_->note(*s);
  return state_->finish_call(now);
}

/// A new run: nobody can rely on it before it says that it is well.
void service_tree::state::began(tree_node& s) {
  s.sick = tells_its_health(s) ? "starting" : "";
  note(s);
}

// -- a last look --------------------------------------------------------------

/// False: there is nothing to look at, or to look with. If no answer comes in time it is
/// restarted without.
bool service_tree::state::begin_look(tree_node& s, mono_time now) {
  if (s.is_group || !s.alive || s.plan || s.look_takes.count() == 0)
    return false;
  wait(s, now + s.look_takes, s.careful);
  s.hold = held_by::look;
  touch(s);
  tell(kind::look, s.name, s.reason);
  return true;
}

service_tree::actions service_tree::still_sick(std::string_view name, std::uint32_t incarnation,
                                               mono_time now) {
  auto* s = state_->find(name);
  if (!s || s->hold != held_by::look || s->incarnation != incarnation)
    return {};
  state_->wait(*s, now, s->careful);
  return state_->finish_call(now);
}

// -- the host -----------------------------------------------------------------

/// False: the host holds it back.
bool service_tree::state::admit(tree_plan& p, tree_node& n, mono_time now) {
  const auto restarts = static_cast<int>(p.starts.size());
  while (!held.empty() && held.front()->hold != held_by::host)
    held.pop_front();
  const bool is_next = held.empty() || held.front() == &n;
  if (!pressure && is_next && (!budget_limit || budget.admit(*budget_limit, restarts, now))) {
    n.hold = held_by::nothing;
    p.budgeted = budget_limit.has_value();
    return true;
  }
  if (std::exchange(n.hold, held_by::host) == held_by::host)
    return false;
  std::erase(held, &n); // its place of an earlier time
  held.push_back(&n);
  const auto why = hold_reason(n, now);
  tell(kind::hold, n.name, why);
  for (auto* s : p.members) {
    touch(*s);
    if (who_is_held(*s) == &n)
      explain_decision(*s, decision::kind::hold, "", "held: " + why, {}, now);
  }
  return false;
}

void service_tree::state::carry_out_held(mono_time now) {
  while (!held.empty()) {
    auto& n = *held.front();
    if (n.hold == held_by::host) {
      if (pressure || (budget_limit && !budget.has_room(*budget_limit, now)))
        return;
      carry_out_due(n, false, now);
      if (n.hold == held_by::host)
        return;
    }
    if (!held.empty() && held.front() == &n)
      held.pop_front();
  }
}

service_tree::actions service_tree::pressure_is(std::optional<std::string> why, mono_time now) {
  state_->pressure = std::move(why);
  for (auto* n : state_->held)
    state_->touch(*n);
  return state_->finish_call(now);
}

/// Empty for a last look: that is over soon.
std::string service_tree::state::hold_reason(const tree_node& n, mono_time now) const {
  if (n.hold == held_by::target)
    return n.no_target;
  if (n.hold == held_by::host)
    return pressure ? *pressure : budget.why_not(budget_limit.value_or(budget_spec{}), now);
  const auto* d = n.hold == held_by::dependency ? down_dependency(n) : nullptr;
  return d ? "'" + d->name + "' is " + how_down(*d) : "";
}

} // namespace reeve
