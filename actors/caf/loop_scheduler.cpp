#include "actors/caf/loop_scheduler.hpp"

#include "actors/caf/loop_clock.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/execution_unit.hpp>
#include <caf/logger.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <deque>
#include <memory>
#include <mutex>

namespace reeve::actors {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t messages_per_resume = 64;
constexpr int resumes_at_once = 1000;
constexpr std::chrono::milliseconds time_at_once{2};
constexpr std::chrono::milliseconds long_handler{20};
constexpr std::chrono::milliseconds felt{250}; // by checks, which begin as much later
constexpr std::chrono::seconds between_reports{1};

/// What CAF would print goes to the log.
caf::behavior print_to_log(caf::event_based_actor* self) {
  self->set_default_handler(caf::drop);
  return {[](caf::add_atom, caf::actor_id id, const std::string& text) {
    spdlog::warn("actor {}: {}", id, text);
  }};
}

/// Names in the log who holds the loop for long.
class long_handler_report {
public:
  void resumed(caf::resumable* job, bool ended, steady::time_point began, steady::time_point over) {
    if (over - began < long_handler)
      return;
    if (over - last_ < between_reports) {
      ++unnamed_;
      return;
    }
    last_ = over;
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(over - began);
    const auto others = std::exchange(unnamed_, 0);
    spdlog::log(
      took < felt ? spdlog::level::info : spdlog::level::warn,
      "{} held the loop for {} ms, and all else waited: the machine is busy, or Reeve has "
      "too much to do{}",
      name_of(job, ended), took.count(),
      others ? " (" + std::to_string(others) + " more since the last report)" : "");
  }

private:
  static std::string name_of(caf::resumable* job, bool ended) {
    if (job->subtype() != caf::resumable::scheduled_actor)
      return "a task";
    auto* actor = static_cast<caf::scheduled_actor*>(job);
    auto id = std::to_string(actor->id());
    if (ended) // and so did its state, which holds its name
      return "an actor that ended then (id " + id + ")";
    return std::string{actor->name()} + " (actor " + id + ")";
  }

  steady::time_point last_ = steady::now() - 2 * between_reports;
  int unnamed_ = 0;
};

/// Spawning leaves the thread a reference to the system's logger, and the system's
/// destructor waits until nobody has one.
void forget_logger() {
  caf::logger::set_current_actor_system(nullptr);
}

class loop_scheduler;

/// The scheduler whose actors this thread is resuming.
thread_local const loop_scheduler* resuming_here = nullptr;

/// What the loop holds of the scheduler: it may be gone when the loop calls.
struct link {
  std::mutex turn; ///< held by whoever resumes actors
  loop_scheduler* scheduler = nullptr;
};

class loop_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  loop_scheduler(caf::actor_system& system, io::loop& loop);

  bool detaches_utility_actors() const override {
    return false;
  }
  caf::actor_clock& clock() noexcept override {
    return clock_;
  }
  void enqueue(caf::resumable* job) override;
  void start() override;
  void stop() override;

  bool turn(); ///< on the loop's thread; true: there is more to do
  void run_ready();

private:
  class unit final : public caf::execution_unit {
  public:
    unit(caf::actor_system* system, std::deque<caf::resumable*>& ready)
        : caf::execution_unit(system), ready_{ready} {
    }
    void exec_later(caf::resumable* job) override {
      ready_.push_back(job);
    }

  private:
    std::deque<caf::resumable*>& ready_;
  };

  void resume();
  void run_all();
  void take_remote();
  void arm();
  void wake();
  void release_rest();

  io::loop& loop_;
  std::shared_ptr<link> link_ = std::make_shared<link>();
  loop_clock clock_;
  long_handler_report report_;

  std::deque<caf::resumable*> ready_; // guarded by link_->turn, as are the next three
  unit unit_;
  io::loop::timer_id timer_ = 0;
  std::optional<steady::time_point> armed_;

  std::mutex remote_lock_;
  std::deque<caf::resumable*> remote_; // guarded by remote_lock_, as is the next
  bool stopped_ = false;
};

loop_scheduler::loop_scheduler(caf::actor_system& system, io::loop& loop)
    : abstract_coordinator(system), loop_{loop}, clock_{[this] { wake(); }}, unit_{&system,
                                                                                   ready_} {
  link_->scheduler = this;
}

// -- getting work -------------------------------------------------------------

void loop_scheduler::enqueue(caf::resumable* job) {
  if (resuming_here == this) {
    ready_.push_back(job);
    return;
  }
  bool first = false;
  {
    std::lock_guard guard{remote_lock_};
    if (!stopped_) {
      first = remote_.empty();
      remote_.push_back(std::exchange(job, nullptr));
    }
  }
  if (job)
    cleanup_and_release(job);
  else if (first)
    wake();
}

/// On the loop's own thread the turn hook comes before the next wait anyway.
void loop_scheduler::wake() {
  if (resuming_here != this && !loop_.on_loop_thread())
    loop_.post([] {});
}

void loop_scheduler::take_remote() {
  std::lock_guard guard{remote_lock_};
  ready_.insert(ready_.end(), remote_.begin(), remote_.end());
  remote_.clear();
}

// -- doing it -------------------------------------------------------------------

bool loop_scheduler::turn() {
  resume();
  arm();
  return !ready_.empty();
}

/// Some; then the loop's I/O is to have its turn.
void loop_scheduler::resume() {
  auto* outer = std::exchange(resuming_here, this);
  take_remote();
  auto began = steady::now();
  auto until = began + time_at_once;
  clock_.fire(began);
  for (auto n = 0; n < resumes_at_once && began < until && !ready_.empty(); ++n) {
    auto* job = ready_.front();
    ready_.pop_front();
    auto result = job->resume(&unit_, messages_per_resume);
    auto over = steady::now();
    report_.resumed(job, result == caf::resumable::done, began, over);
    began = over;
    if (result == caf::resumable::resume_later)
      ready_.push_back(job);
    else
      caf::intrusive_ptr_release(job);
  }
  resuming_here = outer;
  forget_logger();
}

/// The timer only ends the loop's wait; the hook after it does the work.
void loop_scheduler::arm() {
  auto due = clock_.next_due();
  if (due == armed_)
    return;
  if (armed_)
    loop_.cancel(timer_);
  armed_ = due;
  if (!due)
    return;
  timer_ = loop_.call_at(*due, [kept = link_] {
    std::lock_guard guard{kept->turn};
    if (kept->scheduler)
      kept->scheduler->armed_.reset();
  });
}

// -- beginning and end ----------------------------------------------------------

void loop_scheduler::start() {
  utility_actors_[printer_id] = system_.spawn<caf::hidden>(print_to_log);
  loop_.post([kept = link_, &loop = loop_] {
    loop.set_turn_hook([kept] {
      std::lock_guard guard{kept->turn};
      return kept->scheduler && kept->scheduler->turn();
    });
  });
}

void loop_scheduler::run_ready() {
  std::lock_guard guard{link_->turn};
  run_all();
}

void loop_scheduler::run_all() {
  // Bounded, for an actor that never stops sending to itself.
  for (auto rounds = 0; rounds < 5'000; ++rounds) {
    resume();
    std::lock_guard guard{remote_lock_};
    if (ready_.empty() && remote_.empty())
      return;
  }
}

void loop_scheduler::stop() {
  {
    std::lock_guard guard{link_->turn};
    // Its handle stays: an actor may be at its very end, which tells it.
    caf::anon_send_exit(utility_actors_[printer_id], caf::exit_reason::user_shutdown);
    run_all();
    clock_.cancel_all();
    run_all();
    link_->scheduler = nullptr;
    release_rest();
  }
  loop_.post([&loop = loop_, timer = timer_] {
    loop.cancel(timer);
    loop.set_turn_hook({});
    forget_logger();
  });
}

void loop_scheduler::release_rest() {
  std::deque<caf::resumable*> rest;
  {
    std::lock_guard guard{remote_lock_};
    stopped_ = true;
    rest.swap(remote_);
  }
  rest.insert(rest.end(), ready_.begin(), ready_.end());
  ready_.clear();
  for (auto* job : rest)
    cleanup_and_release(job);
}

} // namespace

loop_system_config::loop_system_config(io::loop& loop) {
  module_factories.push_back([&loop](caf::actor_system& system) -> caf::actor_system::module* {
    return new loop_scheduler(system, loop);
  });
}

void run_ready(caf::actor_system& system) {
  dynamic_cast<loop_scheduler&>(system.scheduler()).run_ready();
}

} // namespace reeve::actors
