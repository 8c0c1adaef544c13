#include "supervisor/checks/schedule.hpp"

#include "supervisor/checks/health_machine.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <algorithm>

namespace reeve {

namespace {

using std::chrono::milliseconds;

std::uint64_t mixed(std::uint64_t h) {
  h = (h ^ (h >> 33U)) * 0xff51afd7ed558ccdU;
  return h ^ (h >> 33U);
}

/// FNV-1a with a final mix: names that differ in their last digit alone are
/// spread too. Not std::hash, whose values no standard fixes.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 14'695'981'039'346'656'037U;
  for (const char c : text)
    h = (h ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  return mixed(h);
}

milliseconds usable(milliseconds interval) {
  return std::max(interval, milliseconds{1});
}

/// The next time on the grid.
mono_time on_grid(mono_time t) {
  return mono_time{
    schedule_grid
    * ((t.time_since_epoch() + schedule_grid - mono_time::duration{1}) / schedule_grid)};
}

} // namespace

mono_time first_due(std::string_view name, milliseconds interval, mono_time epoch) {
  const auto spread = std::min(usable(interval), milliseconds{10'000});
  const auto places = static_cast<std::uint64_t>(std::max<std::int64_t>(spread / schedule_grid, 1));
  return on_grid(epoch) + schedule_grid * static_cast<std::int64_t>(hash(name) % places);
}

next_check next_due(mono_time due, milliseconds interval, mono_time now) {
  const auto step = usable(interval);
  const std::int64_t skipped = now < due ? 0 : (now - due) / step;
  return {due + step * (skipped + 1), skipped};
}

mono_time usual_time(mono_time first, milliseconds interval, mono_time now) {
  return first > now ? first : next_due(first, interval, now).due;
}

milliseconds starting_interval(milliseconds interval) {
  return std::min(usable(interval), milliseconds{1'000});
}

std::optional<milliseconds> pause_after(const health_machine& m, const check_spec& check) {
  const auto interval = usable(check.interval);
  const bool is_well = is_good(m.counted);
  if (is_well && m.failures == 0 && m.unknowns == 0)
    return std::nullopt;
  auto pause = check.retry;
  int doublings = m.unknowns;
  if (is_fresh(m))
    pause = starting_interval(interval);
  else if (m.successes == 0 && m.counted == health::unhealthy)
    doublings += std::max(0, m.failures - check.unhealthy_after);
  else if (is_well ? m.failures == 0 : m.successes == 0)
    pause = std::max(pause, patience);
  pause = usable(pause);
  for (; doublings > 0 && pause < interval; --doublings)
    pause *= 2;
  return pause < interval ? std::optional{pause} : std::nullopt;
}

mono_time due_again(std::string_view name, const check_run& last, milliseconds pause,
                    mono_time first, milliseconds interval) {
  constexpr std::int64_t places = 1'000;
  const auto ended = static_cast<std::uint64_t>(last.ended.time_since_epoch() / schedule_grid);
  const auto place =
    static_cast<std::int64_t>(mixed(hash(name) + ended) % static_cast<std::uint64_t>(places));
  const auto soonest = last.ended + pause - mono_time::duration{pause} / (10 * places) * place;
  const auto a_pause_later = last.began + pause - mono_time::duration{1};
  return std::min(on_grid(soonest),
                  usual_time(first, interval, std::max(last.ended, a_pause_later)));
}

bool is_fresh_witness(const check_spec& check, mono_time ended, mono_time now) {
  return now - ended < std::min(check.retry, check.interval);
}

} // namespace reeve
