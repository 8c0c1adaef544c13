#include "supervisor/restart_policy.hpp"

#include <algorithm>

namespace reeve {

bool was_stable(const restart_spec& spec, const restart_history& history) {
  using std::chrono::milliseconds;
  if (!history.healthy_since || !history.last_good)
    return false;
  const auto enough =
    spec.reset_after.value_or(std::max(milliseconds{60'000}, 2 * history.last_delay));
  return *history.last_good - *history.healthy_since >= enough;
}

restart_decision decide_restart(const restart_spec& spec, const intensity& limit, bool clean,
                                restart_history& history, restart_window& window, mono_time now,
                                double random) {
  if (was_stable(spec, history))
    history = {};
  history.healthy_since.reset();
  history.last_good.reset();
  restart_decision decision;
  if (wants_restart(spec.type, clean))
    decision.what = window.admit(limit, now) ? restart_answer::restart : restart_answer::refuse;
  decision.restarts_in_window = window.count(limit, now);
  if (decision.what == restart_answer::restart) {
    history.last_delay = delay(spec.backoff, ++history.attempt, random);
    decision.delay = history.last_delay;
  }
  decision.attempt = history.attempt;
  return decision;
}

} // namespace reeve
