#include "supervisor/play/failure_stream.hpp"

#include <algorithm>
#include <cmath>

namespace reeve {

namespace {

using std::chrono::milliseconds;

constexpr double longest_gap = 1e15; // ms: later than any end, and far from overflow

} // namespace

failure_stream::failure_stream(const scenario& s, std::uint64_t seed)
    : seed_{seed}, spread_{s.outage_spread} {
  for (const auto& f : s.failures)
    scripted_.push_back(&f);
  std::reverse(scripted_.begin(), scripted_.end());
  std::stable_sort(scripted_.begin(), scripted_.end(),
                   [](const auto* a, const auto* b) { return a->at > b->at; });
  for (const auto& r : s.random) {
    random_.push_back({&r, chance{seed_of_part(seed, random_.size() + 1)}, {}});
    draw(random_.back(), milliseconds{0});
  }
  std::make_heap(random_.begin(), random_.end(), is_later);
}

milliseconds failure_stream::next_at() const {
  const auto scripted = scripted_.empty() ? milliseconds::max() : scripted_.back()->at;
  return random_.empty() ? scripted : std::min(scripted, random_.front().at);
}

failure_stream::failure failure_stream::pop() {
  if (!scripted_.empty() && scripted_.back()->at == next_at()) {
    const auto& f = *scripted_.back();
    scripted_.pop_back();
    chance of_this_moment{seed_of_part(seed_, ~static_cast<std::uint64_t>(f.at.count()))};
    return {f.at, &f.service, f.clean, stretched(f.down_for, of_this_moment)};
  }
  std::pop_heap(random_.begin(), random_.end(), is_later);
  auto& next = random_.back();
  const failure found{next.at, &next.of->service, false, stretched(next.of->outage, next.random)};
  draw(next, found.at + found.down_for);
  std::push_heap(random_.begin(), random_.end(), is_later);
  return found;
}

void failure_stream::draw(source& s, milliseconds from) {
  const double gap = -std::log1p(-s.random()) * static_cast<double>(s.of->mtbf.count());
  s.at = from + milliseconds{1 + std::llround(std::min(gap, longest_gap))};
}

milliseconds failure_stream::stretched(milliseconds outage, chance& random) const {
  if (spread_ == 0 || outage.count() == 0)
    return outage;
  const double factor = 1 + spread_ * (2 * random() - 1);
  return milliseconds{std::max(std::llround(static_cast<double>(outage.count()) * factor), 1LL)};
}

bool failure_stream::is_later(const source& a, const source& b) {
  return a.at != b.at ? a.at > b.at : a.of > b.of;
}

} // namespace reeve
