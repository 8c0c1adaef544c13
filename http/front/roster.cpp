#include "http/front/roster.hpp"

#include <algorithm>

namespace reeve::http {

namespace {

constexpr std::chrono::milliseconds linger_deadline{1'000};

} // namespace

roster::place roster::add(connection& c, mono_time now) {
  auto& list = list_of(phase::idle);
  list.push_back({&c, phase::idle, now});
  ++size_;
  return std::prev(list.end());
}

void roster::move(place p, phase to, mono_time now) {
  auto& target = list_of(to);
  target.splice(target.end(), list_of(p->at), p);
  p->at = to;
  p->since = now;
}

void roster::remove(place p) {
  list_of(p->at).erase(p);
  --size_;
}

connection* roster::most_dispensable() const {
  const entry* found = nullptr;
  for (auto p : {phase::lingering, phase::idle, phase::reading}) {
    const auto& list = list_of(p);
    if (!list.empty() && (found == nullptr || list.front().since < found->since))
      found = &list.front();
  }
  return found != nullptr ? found->who : slowest_reader();
}

connection* roster::slowest_reader() const {
  const auto& list = list_of(phase::writing);
  return list.empty() ? nullptr : list.front().who;
}

std::optional<mono_time> roster::deadline_of(const std::list<entry>& list) const {
  if (list.empty())
    return std::nullopt;
  const auto& first = list.front();
  switch (first.at) {
  case phase::idle:
    return first.since + limits_.idle_deadline;
  case phase::reading:
    return first.since + limits_.request_deadline;
  case phase::answering:
    return first.since + limits_.answer_deadline;
  case phase::writing:
    return first.since + limits_.write_deadline;
  case phase::lingering:
    return first.since + linger_deadline;
  case phase::streaming:
    break; // as long as it likes; its lead over the reader is limited
  }
  return std::nullopt;
}

connection* roster::overdue(mono_time now) const {
  for (const auto& list : lists_)
    if (const auto deadline = deadline_of(list); deadline && *deadline <= now)
      return list.front().who;
  return nullptr;
}

std::optional<mono_time> roster::next_deadline() const {
  std::optional<mono_time> next;
  for (const auto& list : lists_)
    if (const auto deadline = deadline_of(list); deadline && (!next || *deadline < *next))
      next = deadline;
  return next;
}

connection* roster::anybody() const {
  for (const auto& list : lists_)
    if (!list.empty())
      return list.front().who;
  return nullptr;
}

} // namespace reeve::http
