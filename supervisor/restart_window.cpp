#include "supervisor/restart_window.hpp"

#include <algorithm>

namespace reeve {

bool restart_window::admit(const intensity& limit, mono_time now) {
  entries_.push_back(now);
  while (!entries_.empty() && entries_.front() < now - limit.within)
    entries_.pop_front();
  // Older ones than these cannot change an answer, so a window stays small.
  while (entries_.size() > static_cast<std::size_t>(std::max(limit.restarts, 0)) + 1)
    entries_.pop_front();
  return static_cast<int>(entries_.size()) <= limit.restarts;
}

int restart_window::count(const intensity& limit, mono_time now) const {
  const auto first = std::find_if(entries_.begin(), entries_.end(),
                                  [&](mono_time t) { return t >= now - limit.within; });
  return static_cast<int>(entries_.end() - first);
}

void restart_window::clear() {
  entries_.clear();
}

} // namespace reeve
