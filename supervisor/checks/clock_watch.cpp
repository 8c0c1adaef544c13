#include "supervisor/checks/clock_watch.hpp"

#include <algorithm>

namespace reeve {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds jump{5'000}; ///< clocks that are merely corrected differ by less

} // namespace

void clock_watch::look(const instant& now) {
  if (last_) {
    const auto passed = duration_cast<milliseconds>(now.mono - last_->mono);
    const bool jumped = now.wall - last_->wall > passed + jump;
    if (jumped)
      jumped_ = now.mono;
    if (jumped || passed > away_) { // a machine that sleeps jumps
      left_ = last_->mono;
      back_ = now.mono;
    }
  }
  last_ = now;
}

std::optional<milliseconds> clock_watch::away_since(mono_time then) const {
  if (back_ <= then || back_ == left_)
    return std::nullopt;
  return duration_cast<milliseconds>(back_ - std::max(left_, then));
}

milliseconds clock_watch::fair_age(milliseconds found, mono_time now) const {
  return jumped_ ? std::min(found, duration_cast<milliseconds>(now - *jumped_)) : found;
}

} // namespace reeve
