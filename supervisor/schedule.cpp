#include "supervisor/schedule.hpp"

#include <algorithm>

namespace reeve {

namespace {

using std::chrono::milliseconds;

/// FNV-1a with a final mix: names that differ in their last digit alone are
/// spread too. Not std::hash, whose values no standard fixes.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 14'695'981'039'346'656'037U;
  for (const char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  h = (h ^ (h >> 33U)) * 0xff51afd7ed558ccdU;
  return h ^ (h >> 33U);
}

milliseconds usable(milliseconds interval) {
  return std::max(interval, milliseconds{1});
}

} // namespace

mono_time first_due(std::string_view name, milliseconds interval, mono_time epoch) {
  const auto spread = std::min(usable(interval), milliseconds{10'000});
  const auto places = static_cast<std::uint64_t>(std::max<std::int64_t>(spread / schedule_grid, 1));
  const auto begin = (epoch.time_since_epoch() + schedule_grid - mono_time::duration{1})
                     / schedule_grid; // the next on the grid
  return mono_time{schedule_grid * (begin + static_cast<std::int64_t>(hash(name) % places))};
}

next_check next_due(mono_time due, milliseconds interval, mono_time now) {
  const auto step = usable(interval);
  const std::int64_t skipped = now < due ? 0 : (now - due) / step;
  return {due + step * (skipped + 1), skipped};
}

milliseconds starting_interval(milliseconds interval) {
  return std::min(usable(interval), milliseconds{1'000});
}

} // namespace reeve
