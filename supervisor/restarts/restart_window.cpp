#include "supervisor/restarts/restart_window.hpp"

#include <algorithm>
#include <cstddef>

namespace reeve {

bool restart_window::admit(const intensity& limit, mono_time now, std::string by) {
  entries_.push_back({now, std::move(by)});
  const auto counting = static_cast<std::size_t>(count(limit, now));
  // Older ones than these cannot change an answer, so a window stays small.
  const auto kept = std::min(counting, static_cast<std::size_t>(std::max(limit.restarts, 0)) + 1);
  entries_.erase(entries_.begin(), entries_.end() - static_cast<std::ptrdiff_t>(kept));
  return static_cast<int>(entries_.size()) <= limit.restarts;
}

int restart_window::count(const intensity& limit, mono_time now) const {
  const auto first = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const entry& e) { return e.at >= now - limit.within; });
  return static_cast<int>(entries_.end() - first);
}

void restart_window::clear() {
  entries_.clear();
}

} // namespace reeve
