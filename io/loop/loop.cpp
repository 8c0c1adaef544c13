#include "io/loop/loop.hpp"

#include "io/loop/background.hpp"
#include "io/loop/poll_set.hpp"

#include <uv.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;

std::uint64_t to_uv_milliseconds(mono_time t) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(t.time_since_epoch()).count();
  return ms > 0 ? static_cast<std::uint64_t>(ms) : 0;
}

template <class Handle>
uv_handle_t* as_handle(Handle& h) {
  return reinterpret_cast<uv_handle_t*>(&h);
}

} // namespace

struct loop::state {
  uv_loop_t uv{};
  uv_async_t wake{};
  uv_timer_t timer{};
  uv_prepare_t before_wait{};
  uv_check_t after_wait{};
  uv_idle_t do_not_wait{};
  std::shared_ptr<poll_set> polls;

  std::mutex posted_lock;
  std::vector<task> posted; // guarded by posted_lock, as is `closing`
  bool closing = false;

  std::atomic<bool> stop_asked{false};
  std::atomic<std::thread::id> runner{};

  using timer_key = std::pair<mono_time, timer_id>;
  std::map<timer_key, task> timers;
  std::unordered_map<timer_id, mono_time> due_of;
  timer_id last_timer = 0;
  bool in_timers = false;

  std::shared_ptr<std::function<bool()>> hook;

  mono_time turn_time = clock::now();
  std::uint64_t turn_time_uv = 0;
  mono_time turn_began = turn_time;
  mono_time wait_began = turn_time;
  std::chrono::nanoseconds longest{0};
  std::uint64_t turns = 0;

  background threads;
  bool looks_at_threads = false; ///< soon

  state();
  ~state();

  void wake_up();
  void run_posted();
  void arm_timer();
  void run_timers();
  void run_hook();
  void refresh_time();
  void end_turn();
  void begin_turn();
};

loop::state::state() {
  if (uv_loop_init(&uv) != 0)
    throw std::runtime_error("cannot make an event loop: no file descriptors left?");
  uv_async_init(&uv, &wake, [](uv_async_t* h) { static_cast<state*>(h->data)->wake_up(); });
  uv_timer_init(&uv, &timer);
  uv_prepare_init(&uv, &before_wait);
  uv_check_init(&uv, &after_wait);
  uv_idle_init(&uv, &do_not_wait);
  polls = std::make_shared<poll_set>(uv);
  wake.data = timer.data = before_wait.data = after_wait.data = this;
  uv_prepare_start(&before_wait, [](uv_prepare_t* h) {
    auto* self = static_cast<state*>(h->data);
    self->refresh_time();
    self->run_hook();
    self->end_turn();
  });
  uv_check_start(&after_wait, [](uv_check_t* h) {
    auto* self = static_cast<state*>(h->data);
    self->begin_turn();
    self->refresh_time();
    self->run_hook();
  });
}

loop::state::~state() {
  {
    std::lock_guard guard{posted_lock};
    closing = true;
  }
  run_posted();
  due_of.clear(); // what the timers hold may still cancel some
  std::exchange(timers, {}).clear();
  while (threads.wait()) // it runs in memory of this loop
    run_posted();
  polls.reset();
  auto close_all = [](uv_handle_t* h, void*) {
    if (!uv_is_closing(h))
      uv_close(h, nullptr);
  };
  do {
    uv_walk(&uv, close_all, nullptr);
    uv_run(&uv, UV_RUN_DEFAULT);
    run_posted();
  } while (uv_loop_close(&uv) == UV_EBUSY);
}

void loop::state::wake_up() {
  run_posted();
  if (stop_asked.exchange(false))
    uv_stop(&uv);
}

void loop::state::run_posted() {
  std::vector<task> batch;
  {
    std::lock_guard guard{posted_lock};
    batch.swap(posted);
  }
  while (!batch.empty()) {
    for (auto& t : batch)
      std::exchange(t, nullptr)();
    batch.clear();
    std::lock_guard guard{posted_lock};
    if (!closing)
      break; // what came meanwhile has its own wake-up, after other I/O had its turn
    batch.swap(posted);
  }
}

void loop::state::arm_timer() {
  if (in_timers || uv_is_closing(as_handle(timer)))
    return;
  if (timers.empty()) {
    uv_timer_stop(&timer);
    return;
  }
  const auto due = to_uv_milliseconds(timers.begin()->first.first);
  const auto now = uv_now(&uv);
  uv_timer_start(
    &timer, [](uv_timer_t* h) { static_cast<state*>(h->data)->run_timers(); },
    due > now ? due - now : 0, 0);
}

void loop::state::run_timers() {
  refresh_time();
  turn_time = clock::now();
  in_timers = true; // from here on a new timer is later than turn_time
  while (!timers.empty() && timers.begin()->first.first <= turn_time) {
    auto node = timers.extract(timers.begin());
    due_of.erase(node.key().second);
    node.mapped()();
  }
  in_timers = false;
  arm_timer();
}

void loop::state::run_hook() {
  const auto kept = hook; // it may replace itself
  const bool more = kept && *kept && (*kept)();
  if (more)
    uv_idle_start(&do_not_wait, [](uv_idle_t*) {});
  else
    uv_idle_stop(&do_not_wait);
}

void loop::state::refresh_time() {
  turn_time = clock::now();
  turn_time_uv = uv_now(&uv);
}

void loop::state::end_turn() {
  wait_began = clock::now();
  ++turns;
  longest = std::max(longest, wait_began - turn_began);
}

// libuv gives no sign between the end of its wait and the first callback, but it
// notes the millisecond: so a turn is measured short by one at most.
void loop::state::begin_turn() {
  const mono_time woke{std::chrono::milliseconds{uv_now(&uv) + 1}};
  turn_began = std::min(clock::now(), std::max(woke, wait_began));
}

loop::loop() : state_{std::make_unique<state>()} {
}

loop::~loop() = default;

void loop::run() {
  state_->runner = std::this_thread::get_id();
  uv_update_time(&state_->uv);
  state_->turn_began = clock::now();
  uv_run(&state_->uv, UV_RUN_DEFAULT);
  state_->runner = std::thread::id{};
}

void loop::stop() {
  state_->stop_asked = true;
  uv_async_send(&state_->wake);
}

bool loop::on_loop_thread() const {
  return state_->runner.load() == std::this_thread::get_id();
}

void loop::post(task t) {
  std::lock_guard guard{state_->posted_lock};
  state_->posted.push_back(std::move(t));
  if (state_->posted.size() == 1 && !state_->closing)
    uv_async_send(&state_->wake);
}

loop::timer_id loop::call_at(mono_time due, task t) {
  auto& s = *state_;
  if (s.in_timers && due <= s.turn_time)
    due = s.turn_time + std::chrono::nanoseconds{1};
  const auto id = ++s.last_timer;
  const auto it = s.timers.emplace(state::timer_key{due, id}, std::move(t)).first;
  s.due_of.emplace(id, due);
  if (it == s.timers.begin())
    s.arm_timer();
  return id;
}

loop::timer_id loop::call_after(std::chrono::milliseconds d, task t) {
  return call_at(clock::now() + d, std::move(t));
}

void loop::cancel(timer_id id) {
  auto& s = *state_;
  const auto found = s.due_of.find(id);
  if (found == s.due_of.end())
    return;
  // Not armed anew: an early wake-up is cheaper than that for each answered check.
  const auto node = s.timers.extract({found->second, id});
  s.due_of.erase(found);
}

void loop::set_turn_hook(std::function<bool()> hook) {
  state_->hook = std::make_shared<std::function<bool()>>(std::move(hook));
}

void loop::in_background(const std::string& target, task work, task done) {
  const auto queued =
    state_->threads.run(target, [this, work = std::move(work), done = std::move(done)]() mutable {
      std::exchange(work, nullptr)();
      post(std::move(done));
    });
  if (queued)
    look_at_threads_soon();
}

void loop::look_at_threads_soon() {
  if (std::exchange(state_->looks_at_threads, true))
    return;
  call_after(background::look_again, [this] {
    state_->looks_at_threads = false;
    if (state_->threads.look())
      look_at_threads_soon();
  });
}

mono_time loop::now() const {
  auto& s = *state_;
  if (s.runner.load(std::memory_order_relaxed) == std::thread::id{})
    return clock::now();
  if (uv_now(&s.uv) != s.turn_time_uv && !s.in_timers)
    s.refresh_time();
  return s.turn_time;
}

std::uint64_t loop::turn() const {
  return state_->turns;
}

std::chrono::microseconds loop::take_longest_turn() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
    std::exchange(state_->longest, std::chrono::nanoseconds{0}));
}

uv_loop_s* loop::raw() {
  return &state_->uv;
}

const std::shared_ptr<poll_set>& loop::polls() {
  return state_->polls;
}

} // namespace reeve::io
