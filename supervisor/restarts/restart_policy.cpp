#include "supervisor/restarts/restart_policy.hpp"

#include "supervisor/restarts/backoff.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace reeve {

namespace {

std::string number(double n) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), n).ptr;
  return {text.data(), end};
}

/// So that the sum of base and jitter is right to the eye: `1.037 s`.
std::string exactly(std::chrono::milliseconds delay) {
  const auto ms = delay.count() % 1'000;
  if (ms == 0 || delay < std::chrono::seconds{1} || delay >= std::chrono::minutes{1})
    return describe(delay);
  auto fraction = std::to_string(1'000 + ms).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(delay.count() / 1'000) + "." + fraction + " s";
}

std::string arithmetic(const restart_decision& d, const backoff_policy& backoff) {
  if (backoff.none)
    return "at once: backoff none";
  const int attempt = d.uncounted ? 1 : d.attempt;
  const auto base = delay(backoff, attempt, 0);
  auto text = "delay " + exactly(d.delay) + " = ";
  if (base >= backoff.max && backoff.initial < backoff.max)
    text += describe(base) + " (the most)";
  else
    text +=
      describe(backoff.initial)
      + (attempt > 1 ? " x " + number(backoff.factor) + "^" + std::to_string(attempt - 1) : "");
  if (d.delay > base)
    text += " + jitter " + describe(d.delay - base);
  return text;
}

} // namespace

bool shares_window(const group_spec& group) {
  return group.intensity_is_written || group.strategy != strategy::one_for_one;
}

std::string describe_excess(const intensity& limit) {
  return "more than " + std::to_string(limit.restarts)
         + (limit.restarts == 1 ? " restart" : " restarts") + " within " + describe(limit.within);
}

std::string explain(const restart_decision& d, const restart_spec& spec, const intensity& limit,
                    const std::string& group) {
  const auto within =
    " in " + describe(limit.within) + (group.empty() ? "" : " in group '" + group + "'");
  switch (d.what) {
  case restart_answer::leave:
    return "type " + std::string{to_string(spec.type)};
  case restart_answer::restart:
    if (d.uncounted)
      return "a clean exit is not counted; " + arithmetic(d, spec.backoff);
    return "restart " + std::to_string(d.restarts_in_window) + " of "
           + std::to_string(limit.restarts) + within + "; " + arithmetic(d, spec.backoff);
  case restart_answer::refuse:
    return "it would be restart " + std::to_string(d.restarts_in_window) + within + ", and "
           + std::to_string(limit.restarts) + (limit.restarts == 1 ? " is" : " are") + " allowed";
  }
  return "";
}

std::size_t remedy_for(const restart_spec& spec, int attempt) {
  std::size_t rung = 0;
  int tried = spec.attempts;
  while (rung < spec.further.size() && attempt > tried)
    tried += spec.further[rung++].attempts;
  return rung;
}

bool was_stable(const restart_spec& spec, const restart_history& history) {
  using std::chrono::milliseconds;
  const auto enough =
    spec.reset_after.value_or(std::max(milliseconds{60'000}, 2 * history.last_delay));
  const auto is_long = [&](const auto& from, const auto& to) {
    return from && to && *to - *from >= enough;
  };
  return is_long(history.healthy_since, history.last_good)
         || is_long(history.clean_since, history.last_clean);
}

restart_decision decide_restart(const restart_spec& spec, const counting_window& window, bool clean,
                                restart_history& history, mono_time now, double random) {
  restart_decision decision;
  decision.uncounted = is_uncounted(spec, clean);
  if (decision.uncounted) {
    history.clean_since = history.clean_since.value_or(now);
    history.last_clean = now;
  }
  decision.was_stable = was_stable(spec, history);
  if (decision.was_stable)
    history = {};
  history.healthy_since.reset();
  history.last_good.reset();
  if (decision.uncounted) {
    decision.what = restart_answer::restart;
    decision.delay = delay(spec.backoff, 1, random);
  } else if (wants_restart(spec.type, clean))
    decision.what = window.entries.admit(window.limit, now, window.member) ? restart_answer::restart
                                                                           : restart_answer::refuse;
  decision.restarts_in_window = window.entries.count(window.limit, now);
  if (decision.what == restart_answer::restart && !decision.uncounted) {
    history.last_delay = delay(spec.backoff, ++history.attempt, random);
    history.clean_since.reset();
    decision.delay = history.last_delay;
  }
  decision.attempt = history.attempt;
  return decision;
}

} // namespace reeve
