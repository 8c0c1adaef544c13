#include "actors/push_inbox.hpp"

#include <utility>

namespace reeve::actors {

void push_inbox::configure(const daemon_spec& spec, mono_time now) {
  auto before = std::exchange(entries_, {});
  for (const auto& service : spec.services)
    for (const auto& check : service.checks)
      if (const auto* push = std::get_if<push_check>(&check.target)) {
        const auto known = before.find(push->token);
        entries_[push->token] =
          known == before.end()
            ? entry{service.name, *push, {}, now}
            : entry{service.name, *push, known->second.record, known->second.known_since};
      }
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
