#include "actors/supervisor_actor.hpp"

#include "actors/actor_helpers.hpp"
#include "actors/exit_reason.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <spdlog/spdlog.h>

#include <deque>
#include <memory>
#include <unordered_map>

namespace reeve::actors {

/// What a supervisor tells itself.
struct carry_on {};
struct try_start_again {
  std::size_t child;
};
struct shutdown_time_over {
  std::uint64_t round;
};

} // namespace reeve::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::carry_on)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::try_start_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(reeve::actors::shutdown_time_over)

namespace reeve::actors {

namespace {

using supervisor_internals =
  supervisor_actor::extend<caf::reacts_to<carry_on>, caf::reacts_to<try_start_again>,
                           caf::reacts_to<shutdown_time_over>>;

class supervisor_state;
using supervisor_pointer = supervisor_internals::stateful_pointer<supervisor_state>;

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

/// A plan is carried out step by step: stops, then starts; a step that waits (for a
/// child's end, or for a supervisor's children) is named by `stopping_` or
/// `starting_`. Jobs are what happened or was ordered meanwhile.
class supervisor_state {
public:
  std::string name = "supervisor"; ///< read by CAF, and by the report of slow handlers

  void begin(supervisor_pointer self, supervisor_spec spec);
  ~supervisor_state();

  void carry_on();
  void child_down(const caf::down_msg& down);
  void asked_to_exit(const caf::error& reason);
  void kill_if_late(std::uint64_t round);
  void start_again(std::size_t index);
  void add(child_spec spec);
  void remove(const std::string& child);
  caf::result<actor_tree> tree();
  caf::result<children_started> wait_for_start();

private:
  struct child {
    child_spec spec;
    caf::actor handle; ///< empty: not running
    int respawns = 0;
    bool was_started = false;
    bool wants_retry = false;            ///< its last start failed
    std::optional<exit_kind> unanswered; ///< how it ended, until that is decided on
  };

  child* at(std::size_t index);
  std::size_t append(child_spec spec);
  void enqueue(std::function<void()> job);
  void handle_end(std::size_t index);
  void retry(std::size_t index);
  void remove_now(const std::string& name);
  void forget(std::size_t index);
  void carry_out(child_group::decision decision, const std::string& cause);
  bool step();
  void finish_plan();
  void stop(std::size_t index);
  void start(std::size_t index);
  void count_start(child& c);
  void await_children(std::size_t index);
  void start_failed(std::size_t index);
  void arm(caf::actor_clock::time_point due);
  void ask_subtree(const child& c, std::size_t place, std::shared_ptr<actor_tree> whole,
                   std::shared_ptr<std::size_t> missing,
                   caf::typed_response_promise<actor_tree> answer);
  mono_time now() const;

  supervisor_pointer self_ = nullptr;
  supervisor_spec spec_;
  std::optional<child_group> group_;
  std::vector<std::unique_ptr<child>> children_; ///< as in `group_`; empty: removed
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<caf::actor_id, std::size_t> by_id_; ///< those that run

  std::deque<std::size_t> stops_, starts_; ///< what is left of the plan
  std::optional<std::size_t> stopping_, starting_;
  std::deque<std::function<void()>> jobs_;
  std::optional<caf::error> ending_; ///< quits with this when the plan is done
  bool started_ = false;
  bool will_carry_on_ = false;
  std::vector<caf::typed_response_promise<children_started>> waiting_for_start_;

  std::optional<caf::actor_clock::time_point> deadline_, timer_due_;
  std::uint64_t timer_round_ = 0;
};

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
  spdlog::error("{}: more than {} restarts in {} ms, the last of {}: stopping", spec_.name,
                spec_.intensity.restarts, spec_.intensity.within.count(), cause);
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

// -- questions --------------------------------------------------------------

caf::result<children_started> supervisor_state::wait_for_start() {
  auto promise = self_->make_response_promise<caf::typed_response_promise<children_started>>();
  if (started_)
    promise.deliver(children_started{});
  else
    waiting_for_start_.push_back(promise);
  return promise;
}

caf::result<actor_tree> supervisor_state::tree() {
  auto answer = self_->make_response_promise<caf::typed_response_promise<actor_tree>>();
  auto whole = std::make_shared<actor_tree>(actor_tree{spec_.name, spec_.strategy});
  auto missing = std::make_shared<std::size_t>(1);
  whole->children.reserve(by_name_.size());
  for (const auto& c : children_)
    if (c)
      whole->children.push_back({c->spec.name, {}, static_cast<bool>(c->handle), c->respawns, {}});
  std::size_t place = 0;
  for (const auto& c : children_)
    if (c)
      ask_subtree(*c, place++, whole, missing, answer);
  if (--*missing == 0)
    answer.deliver(std::move(*whole));
  return answer;
}

void supervisor_state::ask_subtree(const child& c, std::size_t place,
                                   std::shared_ptr<actor_tree> whole,
                                   std::shared_ptr<std::size_t> missing,
                                   caf::typed_response_promise<actor_tree> answer) {
  if (!c.spec.is_supervisor || !c.handle)
    return;
  ++*missing;
  auto one_less = [=]() mutable {
    if (--*missing == 0)
      answer.deliver(std::move(*whole));
  };
  self_->request(caf::actor_cast<supervisor_actor>(c.handle), caf::infinite, get_tree{})
    .then(
      [=](actor_tree& below) mutable {
        auto& here = whole->children[place];
        here.strategy = below.strategy;
        here.children = std::move(below.children);
        one_less();
      },
      [=](caf::error&) mutable { one_less(); });
}

supervisor_internals::behavior_type supervisor(supervisor_pointer self, supervisor_spec spec) {
  set_handlers(self, spec.name);
  auto& state = self->state;
  self->set_down_handler([&state](caf::down_msg& down) { state.child_down(down); });
  self->set_exit_handler([&state](caf::exit_msg& exit) { state.asked_to_exit(exit.reason); });
  state.begin(self, std::move(spec));
  return {
    [&state](add_child& order) { state.add(std::move(order.child)); },
    [&state](const remove_child& order) { state.remove(order.name); },
    [&state](get_tree) { return state.tree(); },
    [&state](await_started) { return state.wait_for_start(); },
    [&state](carry_on) { state.carry_on(); },
    [&state](const try_start_again& again) { state.start_again(again.child); },
    [&state](const shutdown_time_over& over) { state.kill_if_late(over.round); },
  };
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_spec spec) {
  return system.spawn(supervisor, std::move(spec));
}

child_spec supervisor_child(std::string name, std::function<supervisor_spec()> spec,
                            restart_type type) {
  auto start = [name, make = std::move(spec)](caf::local_actor& self) {
    auto made = make();
    made.name = name;
    return caf::actor_cast<caf::actor>(spawn_supervisor(self.system(), std::move(made)));
  };
  return {std::move(name), std::move(start), type, std::nullopt, true};
}

} // namespace reeve::actors
