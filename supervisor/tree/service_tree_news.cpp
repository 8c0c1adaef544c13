#include "supervisor/tree/service_tree_state.hpp"

namespace reeve {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

void service_tree::state::explain_decision(const tree_node& s, decision::kind what,
                                           std::string reason, std::string numbers,
                                           milliseconds delay, mono_time now) {
  const auto& limit = limit_of(s);
  news.emplace_back(decision{s.name, what, std::move(reason), std::move(numbers), delay,
                             s.history.attempt, window_of(s).count(limit, now), limit});
}

void service_tree::state::begin_trial(tree_node& s, mono_time now) {
  if (s.cause != restart_cause::boot)
    s.trial = std::make_unique<restart_trial>(restart_trial{now});
}

void service_tree::state::trial_healthy(tree_node& s, mono_time now) {
  if (!s.trial || s.trial->helped)
    return;
  const auto took = duration_cast<milliseconds>(now - s.trial->since);
  news.emplace_back(restart_judged{s.name, restart_outcome::healthy, took});
  *s.trial = {now, true};
}

void service_tree::state::trial_failed(tree_node& s, mono_time now) {
  const auto trial = std::exchange(s.trial, nullptr);
  if (!trial || (trial->helped && now - trial->since > relapse_time))
    return;
  news.emplace_back(
    restart_judged{s.name, trial->helped ? restart_outcome::relapsed : restart_outcome::no_effect,
                   duration_cast<milliseconds>(now - trial->since)});
}

std::string remedy_text(const tree_node& s) {
  const auto all = s.restart->further.size() + 1;
  const auto rung = remedy_for(*s.restart, s.history.attempt) + 1;
  return all == 1 ? "" : "remedy " + std::to_string(rung) + " of " + std::to_string(all);
}

std::vector<tree_news> service_tree::take_news() {
  return std::exchange(state_->news, {});
}

} // namespace reeve
