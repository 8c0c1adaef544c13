#include "supervisor/checks/check_lanes.hpp"

#include <algorithm>

namespace reeve {

namespace {

constexpr std::size_t least_places = 16;
constexpr std::size_t runs_for_a_place = 8;

} // namespace

check_lanes::check_lanes(std::size_t most) : most_{std::max<std::size_t>(most, 1)}, places_{most_} {
}

check_lanes::ticket check_lanes::enter(lane by) {
  at(by).waiting.insert(++last_);
  return last_;
}

std::optional<check_lanes::ticket> check_lanes::next() {
  if (running_.size() >= places_)
    return std::nullopt;
  const auto& normal = at(lane::normal);
  const auto& slow = at(lane::slow);
  const bool slow_may =
    !slow.waiting.empty() && slow.running < std::max<std::size_t>(1, places_ / 2);
  if (normal.waiting.empty() && !slow_may)
    return std::nullopt;
  const bool slow_is_first =
    slow_may && (normal.waiting.empty() || *slow.waiting.begin() < *normal.waiting.begin());
  const auto by = slow_is_first ? lane::slow : lane::normal;
  auto& from = at(by);
  const ticket t = *from.waiting.begin();
  from.waiting.erase(from.waiting.begin());
  ++from.running;
  running_.emplace(t, run{by, ++begun_});
  return t;
}

void check_lanes::finished(ticket t, bool exhausted) {
  const auto found = running_.find(t);
  if (found == running_.end())
    return;
  if (found->second.began > begun_at_cut_)
    exhausted ? cut() : grow();
  leave(t);
}

void check_lanes::leave(ticket t) {
  if (const auto found = running_.find(t); found != running_.end()) {
    --at(found->second.by).running;
    running_.erase(found);
    return;
  }
  for (auto& l : lanes_)
    l.waiting.erase(t);
}

/// To half of those that were too many.
void check_lanes::cut() {
  const auto half = std::min(places_, running_.size()) / 2;
  places_ = std::min(most_, std::max(half, least_places));
  begun_at_cut_ = begun_;
  good_ = 0;
}

void check_lanes::grow() {
  if (places_ == most_ || ++good_ < runs_for_a_place)
    return;
  ++places_;
  good_ = 0;
}

std::size_t check_lanes::waiting() const {
  return lanes_[0].waiting.size() + lanes_[1].waiting.size();
}

} // namespace reeve
