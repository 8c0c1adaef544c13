#include "actors/caf/supervisor_state.hpp"

#include "actors/caf/exit_reason.hpp"
#include "supervisor/text.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

namespace reeve::actors {

namespace {

void log_end(const std::string& supervisor, const std::string& child, const caf::error& reason) {
  auto level = kind_of(reason) == exit_kind::normal ? spdlog::level::debug : spdlog::level::warn;
  spdlog::log(level, "{}: {} ended: {}", supervisor, child, describe(reason));
}

/// Nothing may leave a start function but a handle; empty: it failed.
caf::actor run_start(const supervisor_spec& spec, const child_spec& child, caf::local_actor& self) {
  const char* why = "its start function returned no actor";
  std::string text;
  try {
    if (auto started = child.start(self))
      return started;
  } catch (const std::exception& e) {
    text = e.what();
    why = text.c_str();
  } catch (...) {
    why = "an exception of unknown type";
  }
  spdlog::error("{}: starting {} failed, trying again: {}", spec.name, child.name, why);
  return {};
}

} // namespace

void supervisor_state::begin(supervisor_pointer self, supervisor_spec spec) {
  self_ = self;
  spec_ = std::move(spec);
  name = spec_.name;
  group_.emplace(spec_.strategy, spec_.intensity);
  auto children = std::move(spec_.children);
  spec_.children.clear();
  for (auto& c : children)
    starts_.push_back(append(std::move(c)));
  self_->send(self_, actors::carry_on{});
}

supervisor_state::~supervisor_state() {
  for (const auto& c : children_)
    if (c && c->handle)
      caf::anon_send_exit(c->handle, caf::exit_reason::user_shutdown);
}

mono_time supervisor_state::now() const {
  return self_->clock().now();
}

supervisor_state::child* supervisor_state::at(std::size_t index) {
  return index < children_.size() ? children_[index].get() : nullptr;
}

std::size_t supervisor_state::append(child_spec spec) {
  auto index = group_->add(spec.type);
  by_name_[spec.name] = index;
  children_.resize(index + 1);
  children_[index] = std::make_unique<child>(child{std::move(spec)});
  return index;
}

void supervisor_state::enqueue(std::function<void()> job) {
  if (ending_)
    return;
  jobs_.push_back(std::move(job));
  carry_on();
}

// -- the plan ---------------------------------------------------------------

void supervisor_state::carry_on() {
  will_carry_on_ = false;
  for (auto steps = 0; steps < 100; ++steps)
    if (!step())
      return;
  will_carry_on_ = true; // the others on this thread want a turn
  self_->send(self_, actors::carry_on{});
}

/// False: nothing to do but wait.
bool supervisor_state::step() {
  if (stopping_ || starting_)
    return false;
  auto next = [](auto& list) {
    auto first = list.front();
    list.pop_front();
    return first;
  };
  if (!stops_.empty()) {
    stop(next(stops_));
  } else if (!starts_.empty()) {
    start(next(starts_));
  } else if (ending_) {
    self_->quit(*ending_);
    return false;
  } else if (!started_) {
    finish_plan();
  } else if (!jobs_.empty()) {
    next(jobs_)();
  } else {
    return false;
  }
  return true;
}

void supervisor_state::finish_plan() {
  started_ = true;
  for (auto& promise : waiting_for_start_)
    promise.deliver(children_started{});
  waiting_for_start_.clear();
}

void supervisor_state::carry_out(child_group::decision decision, const std::string& cause) {
  if (decision.what == child_group::answer::leave)
    return;
  stops_.assign(decision.plan.stops.begin(), decision.plan.stops.end());
  starts_.assign(decision.plan.starts.begin(), decision.plan.starts.end());
  if (decision.what == child_group::answer::restart)
    return;
  const auto& limit = spec_.intensity;
  spdlog::error("{}: more than {} restart{} within {}, the last of {}: stopping", spec_.name,
                limit.restarts, limit.restarts == 1 ? "" : "s", reeve::describe(limit.within),
                cause);
  starts_.clear();
  jobs_.clear();
  ending_ = caf::make_error(caf::exit_reason::user_shutdown);
}

// -- starting ---------------------------------------------------------------

void supervisor_state::start(std::size_t index) {
  auto* c = at(index);
  if (!c || c->handle)
    return;
  c->unanswered.reset();
  c->wants_retry = false;
  c->handle = run_start(spec_, c->spec, *self_);
  if (!c->handle)
    return start_failed(index);
  by_id_[c->handle.id()] = index;
  self_->monitor(c->handle);
  count_start(*c);
  if (c->spec.is_supervisor)
    await_children(index);
}

void supervisor_state::count_start(child& c) {
  if (!std::exchange(c.was_started, true))
    return;
  ++c.respawns;
  spdlog::debug("{}: {} was started again", spec_.name, c.spec.name);
  if (spec_.respawned)
    spec_.respawned(c.spec.name);
}

void supervisor_state::await_children(std::size_t index) {
  starting_ = index;
  auto id = at(index)->handle.id();
  self_
    ->request(caf::actor_cast<supervisor_actor>(at(index)->handle), caf::infinite, await_started{})
    .then(
      [this, index, id](children_started) {
        if (starting_ != index || at(index)->handle.id() != id)
          return;
        starting_.reset();
        carry_on();
      },
      [](caf::error&) { /* its down message decides */ });
}

/// OTP's way: what the plan started before stays, what comes after waits for the
/// retry, whose plan names it again. Starts that are independent go on.
void supervisor_state::start_failed(std::size_t index) {
  at(index)->wants_retry = true;
  if (spec_.strategy != strategy::one_for_one)
    starts_.clear();
  self_->send(self_, try_start_again{index});
}

void supervisor_state::start_again(std::size_t index) {
  enqueue([this, index] { retry(index); });
}

void supervisor_state::retry(std::size_t index) {
  if (auto* c = at(index); c && c->wants_retry)
    carry_out(group_->start_failed(index, now()), c->spec.name);
}

// -- stopping ---------------------------------------------------------------

void supervisor_state::stop(std::size_t index) {
  auto* c = at(index);
  if (!c)
    return;
  c->unanswered.reset();
  c->wants_retry = false;
  if (!c->handle)
    return;
  stopping_ = index;
  self_->send_exit(c->handle, caf::exit_reason::user_shutdown);
  if (c->spec.shutdown)
    arm(self_->clock().now() + *c->spec.shutdown);
}

/// One timer for all stops, so that ten thousand quick ones leave no more behind.
void supervisor_state::arm(caf::actor_clock::time_point due) {
  deadline_ = due;
  if (timer_due_ && *timer_due_ <= due)
    return;
  timer_due_ = due;
  self_->scheduled_send(self_, due, shutdown_time_over{++timer_round_});
}

void supervisor_state::kill_if_late(std::uint64_t round) {
  if (round != timer_round_)
    return;
  timer_due_.reset();
  if (!stopping_ || !deadline_)
    return;
  if (self_->clock().now() < *deadline_)
    return arm(*deadline_);
  const auto& c = *at(*stopping_);
  spdlog::warn("{}: {} did not stop within {} ms: killing it", spec_.name, c.spec.name,
               c.spec.shutdown->count());
  deadline_.reset();
  c.handle->enqueue(nullptr, caf::make_message_id(caf::message_priority::high),
                    caf::make_message(caf::exit_msg{self_->address(), caf::exit_reason::kill}),
                    self_->context());
}

// -- what happens -----------------------------------------------------------

void supervisor_state::child_down(const caf::down_msg& down) {
  auto found = by_id_.find(down.source.id());
  if (found == by_id_.end())
    return;
  auto index = found->second;
  by_id_.erase(found);
  auto& c = *at(index);
  c.handle = nullptr;
  log_end(spec_.name, c.spec.name, down.reason);
  if (stopping_ == index) {
    stopping_.reset();
    deadline_.reset();
  } else if (starting_ == index) {
    starting_.reset();
    start_failed(index);
  } else {
    c.unanswered = kind_of(down.reason);
    return enqueue([this, index] { handle_end(index); });
  }
  carry_on();
}

/// Unless a plan has stopped or started it since.
void supervisor_state::handle_end(std::size_t index) {
  auto* c = at(index);
  if (!c || !c->unanswered)
    return;
  auto how = *std::exchange(c->unanswered, std::nullopt);
  carry_out(group_->ended(index, how, now()), c->spec.name);
}

void supervisor_state::asked_to_exit(const caf::error& reason) {
  if (!ending_) {
    auto all = group_->shutdown_order();
    stops_.assign(all.begin(), all.end());
    ending_ = reason ? reason : caf::make_error(caf::exit_reason::user_shutdown);
  }
  starts_.clear();
  jobs_.clear();
  starting_.reset();
  carry_on();
}

void supervisor_state::add(child_spec spec) {
  enqueue([this, shared = std::make_shared<child_spec>(std::move(spec))] {
    if (by_name_.contains(shared->name))
      spdlog::error("{}: a child named {} exists: not added", spec_.name, shared->name);
    else
      starts_.push_back(append(std::move(*shared)));
  });
}

void supervisor_state::remove(const std::string& child) {
  enqueue([this, child] { remove_now(child); });
}

void supervisor_state::remove_now(const std::string& name) {
  auto found = by_name_.find(name);
  if (found == by_name_.end())
    return;
  auto index = found->second;
  stops_.push_back(index);
  jobs_.push_front([this, index] { forget(index); });
}

void supervisor_state::forget(std::size_t index) {
  by_name_.erase(at(index)->spec.name);
  children_[index].reset();
}

} // namespace reeve::actors
