#include "supervisor/restarts/restart_budget.hpp"

#include <algorithm>

namespace reeve {

namespace {

constexpr std::chrono::seconds minute{60};

} // namespace

restart_budget::restart_budget(const std::vector<mono_time>& begun)
    : begun_{begun.begin(), begun.end()} {
}

std::vector<mono_time> restart_budget::begun(mono_time now) const {
  return {begun_.end() - recent(now), begun_.end()};
}

int restart_budget::recent(mono_time now) const {
  const auto first =
    std::find_if(begun_.begin(), begun_.end(), [&](mono_time t) { return now - t < minute; });
  return static_cast<int>(begun_.end() - first);
}

bool restart_budget::has_room(const budget_spec& limit, mono_time now) const {
  return !(limit.concurrent > 0 && running_ >= limit.concurrent)
         && !(limit.per_minute > 0 && recent(now) >= limit.per_minute);
}

bool restart_budget::admit(const budget_spec& limit, int restarts, mono_time now) {
  const auto counted = recent(now);
  if (!has_room(limit, now)
      || (limit.per_minute > 0 && counted > 0 && counted + restarts > limit.per_minute))
    return false;
  ++running_;
  begun_.insert(begun_.end(), static_cast<std::size_t>(restarts), now);
  return true;
}

std::string restart_budget::why_not(const budget_spec& limit, mono_time now) const {
  if (limit.concurrent > 0 && running_ >= limit.concurrent)
    return std::to_string(running_) + " of at most " + std::to_string(limit.concurrent)
           + " restarts at once are under way";
  return std::to_string(recent(now)) + " of at most " + std::to_string(limit.per_minute)
         + " restarts a minute are used up"
         + (has_room(limit, now) ? ", and what comes first needs more than is left" : "");
}

void restart_budget::forget_old(mono_time now) {
  while (!begun_.empty() && now - begun_.front() >= minute)
    begun_.pop_front();
}

void restart_budget::finished() {
  --running_;
}

std::optional<mono_time> restart_budget::more_room_at(const budget_spec& limit) const {
  if (begun_.empty() || (limit.concurrent > 0 && running_ >= limit.concurrent))
    return std::nullopt;
  return begun_.front() + minute;
}

} // namespace reeve
