#include "supervisor/tree/service_tree.hpp"

#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>

namespace reeve {

// -- what it knows ------------------------------------------------------------

namespace {

bool is_still_started(const tree_node& s) {
  const auto& starts = s.plan->starts;
  return std::find(starts.begin(), starts.end(), &s) != starts.end();
}

} // namespace

tree_node* service_tree::state::find(std::string_view name) {
  if (const auto found = services.find(name); found != services.end())
    return found->second.get();
  const auto found = leaving.find(name);
  return found == leaving.end() ? nullptr : found->second.get();
}

/// Of its own restart, or that of whatever it will be started with.
std::optional<mono_time> service_tree::state::due_of(const tree_node& n) const {
  const auto* who = who_brings_back(n, [](const tree_node& at) { return at.timer.has_value(); });
  return who ? std::optional{who->timer->first} : std::nullopt;
}

service_supervision service_tree::state::supervision_of(const tree_node& s, mono_time now) const {
  service_supervision answer;
  answer.state = s.state;
  answer.reason = s.reason;
  answer.group = s.parent->name;
  answer.incarnation = s.incarnation;
  answer.attempt = s.history.attempt;
  if (const auto* held = who_is_held(s)) {
    answer.hold = held->hold;
    if (const auto why = hold_reason(*held, now); !why.empty() && why != s.reason)
      answer.reason += (s.reason.empty() ? "held: " : "; held: ") + why;
  } else if (awaits_restart(s)) {
    answer.next_restart = due_of(s);
  }
  answer.limit = limit_of(s);
  answer.shares_window = sharing_group(s);
  answer.restarts_in_window = window_of(s).count(answer.limit, now);
  answer.restarts = s.restarts;
  answer.undecided = s.state == supervision::restarting && s.plan && s.late
                     && s.in_flight == operation::none && !is_still_started(s);
  answer.ends_reeve = exiting && s.state == supervision::given_up;
  return answer;
}

group_view service_tree::state::view(const tree_node& group, mono_time now) const {
  const auto seen = [&](const restart_window& window, const intensity& limit) {
    return window_view{limit, std::min(window.count(limit, now), limit.restarts)};
  };
  group_view answer{group.name, group.spec->strategy, {}, {}};
  const bool is_shared = shares_window(*group.spec);
  if (is_shared)
    answer.window = seen(group.shared_window, group.spec->intensity);
  for (const auto* child : group.children) {
    if (child->is_group) {
      answer.children.emplace_back(view(*child, now));
      continue;
    }
    service_view service{child->name};
    if (!is_shared && has_target(*child))
      service.window = seen(child->own_window, limit_of(*child));
    answer.children.emplace_back(std::move(service));
  }
  return answer;
}

void service_tree::state::set_state(tree_node& s, supervision to, std::string reason) {
  s.state = to;
  s.reason = std::move(reason);
  note(s);
  touch(s);
}

void service_tree::state::touch(tree_node& n) {
  for (auto* child : n.children)
    touch(*child);
  if (!n.is_group && !std::exchange(n.changed, true))
    changed.push_back(&n);
}

void service_tree::state::tell(kind what, const std::string& name, std::string reason,
                               std::chrono::milliseconds delay) {
  out.push_back({what, name, delay, std::move(reason)});
}

service_tree::actions service_tree::state::finish_call(mono_time now) {
  if (exited)
    return {};
  budget.forget_old(now);
  do {
    run_due(now);
    while (!awake.empty()) {
      auto& p = *awake.front();
      awake.pop_front();
      p.awake = false;
      advance(p, now);
      run_due(now);
      carry_out_held(now);
    }
    carry_out_held(now);
  } while (!awake.empty() || wake_dependents(now));
  for (auto* s : changed) {
    s->changed = false;
    auto is = supervision_of(*s, now);
    is.restarts_in_window = 0; // grows old by itself
    if (is != s->told && s->placed)
      tell(kind::changed, s->name, s->reason);
    s->told = is;
  }
  changed.clear();
  return std::exchange(out, {});
}

// -- the public face ----------------------------------------------------------

service_tree::service_tree(const daemon_spec& spec, mono_time now)
    : state_{std::make_unique<state>()} {
  state_->place(spec, now);
}

service_tree::~service_tree() = default;
service_tree::service_tree(service_tree&&) noexcept = default;
service_tree& service_tree::operator=(service_tree&&) noexcept = default;

service_tree::actions service_tree::boot(mono_time now) {
  state_->boot(std::exchange(state_->fresh, {}));
  return state_->finish_call(now);
}

service_tree::actions service_tree::failed(std::string_view name, std::uint32_t incarnation,
                                           const failure& f, mono_time now, double random) {
  auto* s = state_->find(name);
  if (!s || !s->placed || !has_target(*s) || s->incarnation != incarnation)
    return {};
  state_->heard(*s, f, now, random);
  return state_->finish_call(now);
}

service_tree::actions service_tree::stopped(std::string_view name, mono_time now) {
  auto* s = state_->find(name);
  if (!s || s->in_flight != operation::stop)
    return {};
  s->alive = false;
  s->late.reset();
  state_->answered(*s);
  return state_->finish_call(now);
}

service_tree::actions service_tree::started(std::string_view name, mono_time now) {
  auto* s = state_->find(name);
  if (!s || s->in_flight == operation::none || s->in_flight == operation::stop)
    return {};
  s->alive = true;
  s->frozen.clear();
  s->no_target.clear();
  ++s->incarnation;
  s->restarts += s->cause == restart_cause::boot ? 0 : 1;
  s->late.reset();
  s->history.healthy_since.reset();
  s->history.last_good.reset();
  state_->began(*s);
  state_->begin_trial(*s, now);
  if (s->ordered_by && s->plan == s->ordered_by)
    state_->set_state(*s, supervision::running, "");
  state_->answered(*s);
  return state_->finish_call(now);
}

service_tree::actions service_tree::start_failed(std::string_view name, std::string reason,
                                                 mono_time now, double random, blame whose) {
  auto* s = state_->find(name);
  if (!s || s->in_flight == operation::none || s->in_flight == operation::stop)
    return {};
  if (whose == blame::engine) {
    s->no_target = reason;
    if (!s->reason.empty())
      reason = s->reason; // as before
  }
  state_->start_failed(*s, {.reason = std::move(reason), .whose = whose}, now, random);
  return state_->finish_call(now);
}

service_tree::actions service_tree::due(mono_time now) {
  return state_->finish_call(now);
}

std::optional<mono_time> service_tree::next_due() const {
  std::optional<mono_time> next;
  if (!state_->timers.empty())
    next = state_->timers.begin()->first.first;
  if (!state_->held.empty() && !state_->pressure && state_->budget_limit)
    if (const auto room = state_->budget.more_room_at(*state_->budget_limit); room)
      next = std::min(next.value_or(*room), *room);
  return next;
}

service_tree::actions service_tree::reload(const daemon_spec& spec, mono_time now) {
  if (state_->exiting)
    return {};
  state_->place(spec, now);
  state_->boot(std::exchange(state_->fresh, {}));
  return state_->finish_call(now);
}

bool service_tree::knows(std::string_view name) const {
  return state_->services.contains(name);
}

service_supervision service_tree::supervision_of(std::string_view name, mono_time now) const {
  return state_->supervision_of(*state_->services.find(name)->second, now);
}

group_view service_tree::view(mono_time now) const {
  return state_->view(*state_->root, now);
}

} // namespace reeve
