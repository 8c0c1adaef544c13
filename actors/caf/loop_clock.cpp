#include "actors/caf/loop_clock.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/abstract_group.hpp>
#include <caf/actor_cast.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <algorithm>

// Freeing an event may free an actor, whose end calls `cancel_timeouts`: so events
// are moved out and freed after the lock.

namespace reeve::actors {

namespace {

std::int64_t slot_of(caf::actor_clock::time_point t) {
  constexpr auto grid = std::chrono::nanoseconds{loop_clock::grid}.count();
  auto due = std::chrono::nanoseconds{t.time_since_epoch()}.count();
  return due / grid + (due % grid > 0 ? 1 : 0);
}

bool has_ended(const caf::weak_actor_ptr& actor) {
  return actor && actor.get()->get()->getf(caf::abstract_actor::is_cleaned_up_flag);
}

} // namespace

loop_clock::loop_clock(std::function<void()> earlier) : earlier_{std::move(earlier)} {
}

void loop_clock::insert(time_point t, event e) {
  {
    std::lock_guard guard{lock_};
    if (has_ended(e.receiver))
      return;
    auto at = schedule_.emplace_hint(schedule_.end(), slot_of(t), std::move(e)); // mostly the last
    if (at->second.owner != 0) {
      auto& owned = owned_[at->second.owner];
      at->second.place = owned.size();
      owned.push_back(at);
    }
    if (at != schedule_.begin())
      return;
  }
  earlier_();
}

loop_clock::event loop_clock::take(position p) {
  if (auto found = owned_.find(p->second.owner); found != owned_.end()) {
    auto& owned = found->second;
    owned[p->second.place] = owned.back();
    owned[p->second.place]->second.place = p->second.place;
    owned.pop_back(); // the list goes with its owner: most will set the next
  }
  auto taken = std::move(p->second);
  schedule_.erase(p);
  return taken;
}

void loop_clock::fire(time_point now) {
  std::vector<event> due;
  {
    std::lock_guard guard{lock_};
    auto last = std::chrono::nanoseconds{now.time_since_epoch()} / grid;
    while (!schedule_.empty() && schedule_.begin()->first <= last)
      due.push_back(take(schedule_.begin()));
  }
  for (auto& e : due)
    deliver(e);
}

void loop_clock::deliver(event& e) {
  if (auto* told = std::get_if<group_message>(&e.what)) {
    told->target.get()->enqueue(std::move(told->sender), caf::make_message_id(), told->content,
                                nullptr);
    return;
  }
  auto receiver = e.receiver.lock();
  if (!receiver)
    return;
  if (auto* message = std::get_if<caf::mailbox_element_ptr>(&e.what))
    receiver->enqueue(std::move(*message), nullptr);
  else if (auto* request = std::get_if<caf::message_id>(&e.what))
    receiver->get()->eq_impl(*request, receiver, nullptr, caf::sec::request_timeout);
  else if (auto* over = std::get_if<timeout>(&e.what))
    receiver->get()->eq_impl(caf::make_message_id(), receiver, nullptr,
                             caf::timeout_msg{over->type, over->id});
}

std::optional<loop_clock::time_point> loop_clock::next_due() const {
  std::lock_guard guard{lock_};
  if (schedule_.empty())
    return std::nullopt;
  return time_point{schedule_.begin()->first * grid};
}

std::size_t loop_clock::pending() const {
  std::lock_guard guard{lock_};
  return schedule_.size();
}

void loop_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                      std::uint64_t id) {
  cancel_ordinary_timeout(self, type);
  insert(t, {self->id(), caf::actor_cast<caf::weak_actor_ptr>(self), timeout{type, id, true}});
}

void loop_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                   std::uint64_t id) {
  insert(t, {self->id(), caf::actor_cast<caf::weak_actor_ptr>(self), timeout{type, id, false}});
}

void loop_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  insert(t, {self->id(), caf::actor_cast<caf::weak_actor_ptr>(self), id});
}

void loop_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                  caf::mailbox_element_ptr content) {
  if (receiver)
    insert(t, {receiver->id(), caf::weak_actor_ptr{receiver.get()}, std::move(content)});
}

void loop_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                  caf::message content) {
  insert(t, {0, {}, group_message{std::move(target), std::move(sender), std::move(content)}});
}

template <class Predicate>
std::vector<loop_clock::event> loop_clock::take_first(caf::actor_id owner, Predicate matches) {
  std::vector<event> taken;
  std::lock_guard guard{lock_};
  auto found = owned_.find(owner);
  if (found == owned_.end())
    return taken;
  auto first = std::find_if(found->second.begin(), found->second.end(),
                            [&](position p) { return matches(p->second.what); });
  if (first != found->second.end())
    taken.push_back(take(*first));
  return taken;
}

void loop_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  take_first(self->id(), [type](const payload& what) {
    auto* t = std::get_if<timeout>(&what);
    return t && t->only_one && t->type == type;
  });
}

void loop_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  take_first(self->id(), [id](const payload& what) {
    auto* request = std::get_if<caf::message_id>(&what);
    return request && *request == id;
  });
}

void loop_clock::cancel_timeouts(caf::abstract_actor* self) {
  std::vector<event> dropped;
  std::lock_guard guard{lock_};
  auto found = owned_.find(self->id());
  if (found == owned_.end())
    return;
  for (auto at : found->second) {
    dropped.push_back(std::move(at->second));
    schedule_.erase(at);
  }
  owned_.erase(found);
}

void loop_clock::cancel_all() {
  schedule_map dropped;
  std::lock_guard guard{lock_};
  owned_.clear();
  dropped.swap(schedule_);
}

} // namespace reeve::actors
