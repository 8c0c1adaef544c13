#include "config/reachable.hpp"

#include "config/duration.hpp"
#include "config/problems.hpp"
#include "config/shown_text.hpp"
#include "supervisor/checks/schedule.hpp"
#include "supervisor/restarts/backoff.hpp"
#include "supervisor/restarts/restart_policy.hpp"

#include <algorithm>
#include <limits>

namespace reeve::config {
namespace {

using std::chrono::milliseconds;

constexpr int most_looked_at = 100; // the search is quadratic
constexpr auto never = milliseconds::max();

// Healthy for this long after attempt n, and the backoff begins anew.
milliseconds shortest_stable_run(const restart_spec& spec, milliseconds delay) {
  return spec.reset_after.value_or(std::max(milliseconds{60'000}, 2 * delay));
}

// The most failures of one service that fit into `within`, up to `most`. Time is
// shortest without jitter and with failures right after the start, which take
// `each`; a run long enough to reset the backoff may pay between them.
int failures_within(const restart_spec& spec, milliseconds each, milliseconds within, int most) {
  std::vector<milliseconds> pauses;
  for (int attempt = 1; attempt <= most; ++attempt)
    pauses.push_back(delay(spec.backoff, attempt, 0) + each);
  // soonest[n]: from a first failure to the n-th after it, at which the backoff
  // is at its beginning again.
  std::vector<milliseconds> soonest(pauses.size() + 1, never);
  soonest[0] = milliseconds{0};
  std::size_t fit = 1;
  for (std::size_t n = 0; n < pauses.size(); ++n) {
    auto passed = soonest[n];
    for (std::size_t i = 0; n + i < pauses.size() && passed <= within; ++i) {
      fit = std::max(fit, n + i + 1);
      passed += pauses[i];
      auto& anew = soonest[n + i + 1];
      anew = std::min(anew, passed + shortest_stable_run(spec, pauses[i] - each));
    }
  }
  return static_cast<int>(fit);
}

// How long a service that hangs at its start takes each time.
struct hanging {
  milliseconds noticed{0};
  milliseconds stopped{0};
  const check_spec* by = nullptr; // the first check that notices; null: none would

  milliseconds all() const {
    return noticed + stopped;
  }
};

// Checks come every second at most until the first verdict, and not before the last is over.
milliseconds time_to_notice(const check_spec& check) {
  if (std::holds_alternative<heartbeat_check>(check.target))
    return check.expect.age.unhealthy.value_or(milliseconds{0});
  if (tells_facts(check.target))
    return check.start_period;
  const auto each = std::max(starting_interval(check.interval), check.timeout);
  return std::max(check.start_period, check.unhealthy_after * each);
}

hanging hanging_of(const service_spec& service) {
  hanging h;
  for (const auto& check : service.checks) {
    if (check.role != role::liveness)
      continue;
    const auto noticed = time_to_notice(check);
    if (!h.by || noticed < h.noticed)
      h.noticed = noticed;
    h.by = h.noticed == noticed ? &check : h.by;
  }
  if (!std::holds_alternative<exec_target>(service.restart.target))
    h.stopped = service.restart.stop_timeout;
  return h;
}

std::string restarts_of(long count) {
  return std::to_string(count) + (count == 1 ? " restart" : " restarts");
}

std::string why_hanging(const hanging& h, const backoff_policy& backoff) {
  auto why = "each takes up to " + format_duration(h.stopped) + " to stop (stop_timeout) and "
             + format_duration(h.noticed) + " to be found unhealthy";
  const auto& check = *h.by;
  if (!tells_facts(check.target))
    why += " (" + std::to_string(check.unhealthy_after)
           + (check.unhealthy_after == 1 ? " run" : " runs") + ", timeout "
           + format_duration(check.timeout) + ")";
  return why + (backoff.none ? "" : ", beside its backoff");
}

std::string first_delays(const backoff_policy& backoff, int count) {
  std::string all;
  for (int n = 1; n <= std::min(count, 5); ++n)
    all += (n > 1 ? ", " : "") + format_duration(delay(backoff, n, 0));
  return all;
}

// From the first failure to the one after `count` restarts, at the latest.
milliseconds longest_burst(const service_spec& service, int count) {
  milliseconds start_period{0}, all{0};
  for (const auto& check : service.checks)
    start_period = std::max(start_period, check.start_period);
  for (int attempt = 1; attempt <= count; ++attempt)
    all += delay(service.restart.backoff, attempt, 1) + start_period;
  return all;
}

} // namespace

bool restarts_by_itself(const restart_spec& spec) {
  return !std::holds_alternative<std::monostate>(spec.target)
         && spec.type != restart_type::temporary;
}

std::optional<std::string> never_exhausted(const intensity& limit,
                                           const std::vector<const service_spec*>& services) {
  const int needed = limit.restarts + 1; // the one too many
  if (needed > most_looked_at)
    return {};
  int fit = 0, contributing = 0;
  const restart_spec* one = nullptr;
  for (const auto* s : services) {
    if (!restarts_by_itself(s->restart))
      continue;
    ++contributing;
    one = &s->restart;
    fit +=
      one->backoff.none ? needed : failures_within(*one, milliseconds{0}, limit.within, needed);
    if (fit >= needed)
      return {};
  }
  if (contributing == 0)
    return "has no effect: nothing directly in this group is ever restarted";
  auto why = "can never be exhausted: that takes " + std::to_string(needed) + " failures within "
             + format_duration(limit.within) + ", and the backoff leaves room for "
             + std::to_string(fit);
  if (contributing == 1)
    return why + " (its delays are " + first_delays(one->backoff, fit) + ")";
  return why + " of its " + std::to_string(contributing) + " services together";
}

std::optional<std::string>
never_exhausted_by_hanging(const intensity& limit,
                           const std::vector<const service_spec*>& services) {
  const int needed = limit.restarts + 1;
  if (needed > most_looked_at)
    return {};
  int fit = 0, contributing = 0;
  hanging slow;
  const restart_spec* one = nullptr;
  for (const auto* s : services) {
    if (!restarts_by_itself(s->restart))
      continue;
    ++contributing;
    one = &s->restart;
    slow = hanging_of(*s);
    if (!slow.by)
      return {}; // what only ends of itself does not hang
    fit += failures_within(*one, slow.all(), limit.within, needed);
    if (fit >= needed)
      return {};
  }
  if (contributing == 0)
    return {};
  auto why =
    "can never be exhausted by a service that hangs, which is restarted for ever then: that "
    "takes "
    + std::to_string(needed) + " failures within " + format_duration(limit.within);
  if (contributing == 1)
    return why + ", and " + why_hanging(slow, one->backoff) + ", which leaves room for "
           + std::to_string(fit);
  return why + ", and stop_timeout, checks and backoff leave room for " + std::to_string(fit)
         + " of its " + std::to_string(contributing) + " services together";
}

std::optional<untried_remedy> never_tried(const group_spec& group, const service_spec& service) {
  const auto& spec = service.restart;
  const bool is_shared = shares_window(group);
  const auto& limit = is_shared ? group.intensity : spec.intensity;
  const int allowed = limit.restarts;
  const bool starts_anew = group.name != "root" && group.on_exhausted == on_exhausted::escalate;
  if (starts_anew || allowed >= most_looked_at || !restarts_by_itself(spec)
      || longest_burst(service, allowed) > limit.within)
    return {};
  auto tried = static_cast<long>(spec.attempts);
  for (std::size_t i = 0; i < spec.further.size(); tried += spec.further[i++].attempts)
    if (tried >= allowed)
      return untried_remedy{
        i, "is never tried while the service fails right after each start: the remedies before it "
           "take "
             + restarts_of(tried) + ", and "
             + (is_shared ? "group " + in_quotes(group.name) : "its intensity")
             + " allows no more than " + std::to_string(allowed) + " within "
             + format_duration(limit.within)};
  return {};
}

} // namespace reeve::config
