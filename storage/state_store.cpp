#include "storage/state_store.hpp"

#include "storage/state_folder.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace reeve::storage {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

std::string key_of(const remembered_service& s) {
  return s.name;
}
std::string key_of(const remembered_group& g) {
  return g.name;
}
std::pair<std::string, std::string> key_of(const remembered_push& p) {
  return {p.service, p.check};
}
std::string key_of(const remembered_record& r) {
  return r.service;
}

/// All of one kind that is not blank, and which of it is not written yet.
template <class Thing>
class things {
public:
  using key = decltype(key_of(std::declval<Thing>()));

  /// False: all of them are known already.
  bool take(const std::vector<Thing>& changes) {
    bool news = false;
    for (const auto& thing : changes)
      news |= take(thing);
    return news;
  }

  void set(const std::vector<Thing>& content) {
    for (const auto& thing : content)
      all_.insert_or_assign(key_of(thing), thing);
  }

  std::vector<Thing> everything() {
    unwritten_.clear();
    return values(all_);
  }
  std::vector<Thing> unwritten() {
    return values(std::exchange(unwritten_, {}));
  }

private:
  bool take(const Thing& thing) {
    const auto known = all_.find(key_of(thing));
    if (known == all_.end() ? is_blank(thing) : known->second == thing)
      return false;
    unwritten_.insert_or_assign(key_of(thing), thing);
    if (is_blank(thing))
      all_.erase(known);
    else
      all_.insert_or_assign(key_of(thing), thing);
    return true;
  }

  static std::vector<Thing> values(const std::map<key, Thing>& from) {
    std::vector<Thing> out;
    for (const auto& [name, thing] : from)
      out.push_back(thing);
    return out;
  }

  std::map<key, Thing> all_;
  std::map<key, Thing> unwritten_;
};

} // namespace

struct state_store::state {
  state(std::string name, const pauses& p)
      : folder{std::move(name)}, times{p}, pause{p.first_retry} {
  }

  void work();
  void sleep(std::unique_lock<std::mutex>& guard);
  void open_folder(std::unique_lock<std::mutex>& guard);
  void write(std::unique_lock<std::mutex>& guard);
  void look(std::unique_lock<std::mutex>& guard);
  void answer(std::unique_lock<std::mutex>& guard, std::vector<std::function<void()>> waiters);
  void take_trouble(const folder_trouble& trouble);
  void tell(const std::string& trouble);

  // The writer's alone.
  state_folder folder;
  bool is_open = false;
  bool whole = false;    ///< the file has to be written anew
  bool was_read = false; ///< what the file held is part of what is in memory
  const pauses times;
  milliseconds pause;

  std::thread thread; ///< of the one that opens and closes
  std::mutex lock;    // of all below
  std::condition_variable wake;
  std::condition_variable woken; ///< the one that opens or closes
  std::optional<result<remembered>> opened;
  things<remembered_service> services;
  things<remembered_group> groups;
  things<remembered_push> pushes;
  things<remembered_record> records;
  bool has_changes = false;
  std::vector<std::function<void()>> waiting;
  bool closing = false;
  bool closed = false;
  storage_health health;
};

// -- the writer's thread --------------------------------------------------------------

void state_store::state::work() {
  std::unique_lock guard{lock};
  for (;;) {
    if (!is_open)
      open_folder(guard);
    if (is_open && (whole || has_changes))
      write(guard);
    else if (is_open)
      look(guard);
    if (!waiting.empty() && !(is_open && has_changes))
      answer(guard, std::exchange(waiting, {}));
    if (closing && (!is_open || !has_changes) && waiting.empty())
      break;
    sleep(guard);
  }
  guard.unlock();
  folder.close();
  guard.lock();
  is_open = false;
  closed = true;
  woken.notify_all();
}

/// Until there is something to do.
void state_store::state::sleep(std::unique_lock<std::mutex>& guard) {
  const auto is_urgent = [this] { return closing || !waiting.empty(); };
  if (!is_open) {
    wake.wait_for(guard, pause, is_urgent);
    pause = std::min(pause * 2, times.longest_retry);
    return;
  }
  wake.wait_for(guard, times.between_looks, [&] { return has_changes || is_urgent(); });
  if (has_changes)
    wake.wait_for(guard, times.gathering, is_urgent);
}

void state_store::state::open_folder(std::unique_lock<std::mutex>& guard) {
  remembered content;
  guard.unlock();
  auto trouble = folder.open(content);
  guard.lock();
  if (!trouble && opened && !was_read && content != remembered{}) {
    guard.unlock();
    trouble = folder.begin_anew();
    guard.lock();
  }
  is_open = !trouble;
  was_read |= is_open;
  if (trouble)
    take_trouble(*trouble);
  if (opened) { // what is in memory is newer
    whole = true;
    return;
  }
  if (trouble && trouble->final) {
    opened = error{trouble->sentence};
    closing = true;
  } else {
    services.set(content.services);
    groups.set(content.groups);
    pushes.set(content.pushes);
    records.set(content.records);
    opened = std::move(content);
  }
  woken.notify_all();
}

void state_store::state::write(std::unique_lock<std::mutex>& guard) {
  const auto batch = whole ? remembered{services.everything(), groups.everything(),
                                        pushes.everything(), records.everything()}
                           : remembered{services.unwritten(), groups.unwritten(),
                                        pushes.unwritten(), records.unwritten()};
  has_changes = false;
  auto waiters = std::exchange(waiting, {});
  guard.unlock();
  const auto trouble = folder.write(batch, whole);
  guard.lock();
  if (trouble) {
    take_trouble(*trouble);
  } else {
    ++health.writes;
    whole = false;
    pause = times.first_retry;
    tell("");
  }
  answer(guard, std::move(waiters));
}

void state_store::state::look(std::unique_lock<std::mutex>& guard) {
  guard.unlock();
  const auto trouble = folder.look();
  guard.lock();
  if (trouble)
    take_trouble(*trouble);
}

void state_store::state::answer(std::unique_lock<std::mutex>& guard,
                                std::vector<std::function<void()>> waiters) {
  guard.unlock();
  for (const auto& kept : waiters)
    kept();
  guard.lock();
}

void state_store::state::take_trouble(const folder_trouble& trouble) {
  is_open = false;
  whole = true;
  ++health.errors;
  if (!trouble.final || opened)
    tell(trouble.sentence);
}

/// Once when it begins, and once when it ends.
void state_store::state::tell(const std::string& trouble) {
  const auto before = std::exchange(health.trouble, trouble);
  if (before.empty() && !trouble.empty())
    spdlog::error("the state of services is not kept: {}; they are watched all the same, and it is "
                  "tried again",
                  trouble);
  else if (!before.empty() && trouble.empty())
    spdlog::info("the state of services is kept again");
}

// -- for the others -------------------------------------------------------------------

state_store::state_store(std::string folder) : state_store{std::move(folder), pauses{}} {
}

state_store::state_store(std::string folder, pauses p)
    : state_{std::make_shared<state>(std::move(folder), p)} {
}

state_store::~state_store() {
  close(milliseconds{0});
}

result<remembered> state_store::open(milliseconds limit) {
  auto& s = *state_;
  s.thread = std::thread{[kept = state_] { kept->work(); }};
  std::unique_lock guard{s.lock};
  if (!s.woken.wait_for(guard, limit, [&] { return s.opened.has_value(); })) {
    s.opened = remembered{};
    ++s.health.errors;
    s.tell("the disk does not answer");
  }
  return std::move(*s.opened);
}

void state_store::keep(const remembered& changes, std::function<void()> kept) {
  auto& s = *state_;
  bool wakes = kept != nullptr;
  {
    const std::lock_guard guard{s.lock};
    bool news = s.services.take(changes.services);
    news |= s.groups.take(changes.groups);
    news |= s.pushes.take(changes.pushes);
    news |= s.records.take(changes.records);
    wakes |= news && !s.has_changes;
    s.has_changes |= news;
    if (kept && !s.closed)
      s.waiting.push_back(std::exchange(kept, nullptr));
  }
  if (kept)
    kept();
  if (wakes)
    s.wake.notify_one();
}

storage_health state_store::health() const {
  const std::lock_guard guard{state_->lock};
  return state_->health;
}

void state_store::close(milliseconds limit) {
  auto& s = *state_;
  if (!s.thread.joinable())
    return;
  std::unique_lock guard{s.lock};
  s.closing = true;
  s.wake.notify_one();
  const bool ended = s.woken.wait_for(guard, limit, [&] { return s.closed; });
  guard.unlock();
  if (ended)
    s.thread.join();
  else
    s.thread.detach();
}

} // namespace reeve::storage
