#include "actors/push_inbox.hpp"

#include <map>
#include <utility>

namespace reeve::actors {

void push_inbox::configure(const daemon_spec& spec, mono_time now) {
  auto before = std::exchange(entries_, {});
  for (const auto& service : spec.services)
    for (const auto& check : service.checks)
      if (const auto* push = std::get_if<push_check>(&check.target)) {
        const auto known = before.find(push->token);
        entries_[push->token] = known == before.end()
                                  ? entry{service.name, check.name, *push, {}, now}
                                  : entry{service.name, check.name, *push, known->second.record,
                                          known->second.known_since};
      }
}

void push_inbox::take_over(const std::vector<remembered_push>& before, const instant& now) {
  std::map<std::pair<std::string_view, std::string_view>, const remembered_push*> by_check;
  for (const auto& p : before)
    by_check[{p.service, p.check}] = &p;
  for (auto& [token, e] : entries_)
    if (const auto known = by_check.find({e.service, e.check}); known != by_check.end()) {
      e.record = recall(*known->second, now);
      e.known_since = when_past(now, known->second->known_since.value_or(now.wall));
    }
}

std::vector<remembered_push> push_inbox::remember(const instant& now) const {
  std::vector<remembered_push> all;
  for (const auto& [token, e] : entries_)
    all.push_back(reeve::remember(e.service, e.check, e.record, e.known_since, now));
  return all;
}

const push_inbox::entry* push_inbox::take(std::string_view token, const push_signal& signal,
                                          mono_time now) {
  const auto found = entries_.find(std::string{token});
  if (found == entries_.end())
    return nullptr;
  auto& e = found->second;
  e.record = step(e.record, signal, e.limits, now);
  return &e;
}

const push_inbox::entry* push_inbox::find(std::string_view token) const {
  const auto found = entries_.find(std::string{token});
  return found == entries_.end() ? nullptr : &found->second;
}

} // namespace reeve::actors
