#include "io/loop/background.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t most_at_work = 4; ///< that do not hang: reading files is little work
constexpr std::size_t most_threads = 512;
constexpr auto hangs = background::look_again; ///< who works longer is counted as hanging

struct job {
  std::string target;
  background::task work;
};

} // namespace

struct background::state {
  std::mutex lock;                ///< of all that follows
  std::condition_variable wanted; ///< threads
  std::condition_variable done;   ///< a job, or a thread
  std::deque<job> ready;
  std::unordered_map<std::string, std::deque<task>> behind; ///< for each target under way
  std::list<clock::time_point> at_work; ///< since when, for each thread that works
  std::size_t threads = 0;
  bool closing = false;

  std::size_t hanging() const;
  bool share_out(const std::shared_ptr<state>& self);
  void serve(std::unique_lock<std::mutex>& held);
  static void serve_until_idle(const std::shared_ptr<state>& s);
};

std::size_t background::state::hanging() const {
  const auto since = clock::now() - hangs;
  std::size_t n = 0;
  for (const auto began : at_work)
    n += began <= since ? 1 : 0;
  return n;
}

/// Wakes those who rest and makes who is missing. True: something waits still.
bool background::state::share_out(const std::shared_ptr<state>& self) {
  wanted.notify_one();
  auto idle = threads - at_work.size();
  const auto most = idle < ready.size() ? std::min(hanging() + most_at_work, most_threads) : 0;
  for (; idle < ready.size() && threads < most; ++idle, ++threads) {
    try {
      std::thread{[self] { serve_until_idle(self); }}.detach();
    } catch (const std::system_error&) {
      break; // none to be had now
    }
  }
  return idle < ready.size();
}

/// One job of those that are ready.
void background::state::serve(std::unique_lock<std::mutex>& held) {
  auto next = std::move(ready.front());
  ready.pop_front();
  const auto mine = at_work.insert(at_work.end(), clock::now());
  held.unlock();
  next.work();
  next.work = nullptr;
  held.lock();
  at_work.erase(mine);
  const auto mates = behind.find(next.target);
  if (mates->second.empty()) {
    behind.erase(mates);
  } else {
    ready.push_back({std::move(next.target), std::move(mates->second.front())});
    mates->second.pop_front();
  }
}

void background::state::serve_until_idle(const std::shared_ptr<state>& s) {
  std::unique_lock held{s->lock};
  for (;;) {
    while (!s->ready.empty())
      s->serve(held);
    s->done.notify_all();
    if (s->closing || s->threads - s->at_work.size() > most_at_work)
      break;
    s->wanted.wait(held, [&] { return s->closing || !s->ready.empty(); });
  }
  --s->threads;
  s->done.notify_all();
}

background::background() : state_{std::make_shared<state>()} {
}

background::~background() {
  wait();
  std::unique_lock held{state_->lock};
  state_->closing = true;
  state_->wanted.notify_all();
  state_->done.wait(held, [&] { return state_->threads == 0; });
}

bool background::run(const std::string& target, task work) {
  std::lock_guard held{state_->lock};
  const auto [mates, first] = state_->behind.try_emplace(target);
  if (!first) {
    mates->second.push_back(std::move(work));
    return false;
  }
  state_->ready.push_back({target, std::move(work)});
  return state_->share_out(state_);
}

bool background::look() {
  std::lock_guard held{state_->lock};
  return state_->share_out(state_);
}

bool background::wait() {
  std::unique_lock held{state_->lock};
  const bool any = !state_->behind.empty();
  while (!state_->behind.empty()) {
    state_->share_out(state_);
    state_->done.wait_for(held, hangs);
  }
  return any;
}

} // namespace reeve::io
