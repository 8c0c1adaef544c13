#include "supervisor/play/tuning.hpp"

#include "supervisor/restarts/restart_policy.hpp"

#include <algorithm>
#include <tuple>

namespace reeve {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Const or not, as what it is given.
template <class Group>
Group* find_group(Group& group, const std::string& service) {
  for (auto& child : group.children) {
    if (const auto* name = std::get_if<std::string>(&child)) {
      if (*name == service)
        return &group;
    } else if (auto* found = find_group(std::get<group_spec>(child), service)) {
      return found;
    }
  }
  return nullptr;
}

service_spec& find_service(daemon_spec& spec, const std::string& name) {
  return *std::find_if(spec.services.begin(), spec.services.end(),
                       [&](const auto& s) { return s.name == name; });
}

std::vector<backoff_policy> backoffs(double jitter) {
  std::vector<backoff_policy> all;
  for (const milliseconds initial : {1s, 5s})
    for (const double factor : {2.0, 1.5})
      for (const milliseconds max :
           {milliseconds{5min}, milliseconds{1min}, milliseconds{30s}, milliseconds{15s}})
        all.push_back({false, initial, factor, max, jitter});
  for (const milliseconds fixed : {1s, 5s, 15s, 30s})
    all.push_back({false, fixed, 1, fixed, jitter});
  all.push_back({.none = true});
  return all;
}

double in_seconds(milliseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

bool is_dominated(const policy_score& a, const policy_score& by) {
  const auto costs = [](const policy_score& s) {
    return std::tuple{s.late_mean, s.restarts, s.gave_up};
  };
  return by.late_mean <= a.late_mean && by.restarts <= a.restarts && by.gave_up <= a.gave_up
         && costs(a) != costs(by);
}

bool is_equal(const policy_score& a, const policy_score& b) {
  return a.late_mean == b.late_mean && a.restarts == b.restarts && a.gave_up == b.gave_up;
}

} // namespace

const group_spec& group_of(const daemon_spec& spec, const std::string& service) {
  return *find_group(spec.tree, service);
}

policy_choice present_choice(const daemon_spec& spec, const std::string& service) {
  const auto& group = group_of(spec, service);
  const auto found = std::find_if(spec.services.begin(), spec.services.end(),
                                  [&](const auto& s) { return s.name == service; });
  const auto& limit = shares_window(group) ? group.intensity : found->restart.intensity;
  return {found->restart.backoff, limit, group.on_exhausted};
}

void apply(const policy_choice& choice, daemon_spec& spec, const std::string& service) {
  auto& restart = find_service(spec, service).restart;
  auto& group = *find_group(spec.tree, service);
  restart.backoff = choice.backoff;
  (shares_window(group) ? group.intensity : restart.intensity) = choice.intensity;
  group.on_exhausted = choice.on_exhausted;
}

std::vector<policy_choice> policy_grid(const policy_choice& present) {
  std::vector<std::pair<intensity, on_exhausted>> limits{{present.intensity, present.on_exhausted}};
  for (const int restarts : {5, 10, 20, 40, 80})
    limits.emplace_back(intensity{restarts, 10min}, on_exhausted::give_up);
  limits.emplace_back(intensity{5, 10min}, on_exhausted::escalate);
  std::vector<policy_choice> all;
  const auto add = [&](const policy_choice& made) {
    if (made != present && std::find(all.begin(), all.end(), made) == all.end())
      all.push_back(made);
  };
  add({{.jitter = present.backoff.jitter}, {}, on_exhausted::give_up}); // the defaults
  for (const auto& [limit, exhausted] : limits)
    for (const auto& backoff : backoffs(present.backoff.jitter))
      add({backoff, limit, exhausted});
  return all;
}

tuning_run play_choice(const policy_choice& choice, const daemon_spec& spec, const scenario& s,
                       const std::string& service, std::uint64_t seed) {
  auto changed = spec;
  apply(choice, changed, service);
  tuning_run made;
  const auto result = simulate(changed, s, seed, [&](const simulation_event& e) {
    const bool gave_up = (e.what == simulation_event::kind::give_up && e.name == service)
                         || e.what == simulation_event::kind::exit;
    if (gave_up && !made.gave_up_at)
      made.gave_up_at = e.at;
  });
  for (const auto& outcome : result.services) {
    if (outcome.name != service)
      continue;
    made.late = outcome.late;
    made.restarts = outcome.restarts;
  }
  return made;
}

policy_score score_of(const std::vector<tuning_run>& runs) {
  policy_score made;
  service_outcome::recoveries all;
  std::uint64_t restarts = 0;
  std::size_t gave_up = 0;
  for (const auto& run : runs) {
    all.count += run.late.count;
    all.total += run.late.total;
    all.longest = std::max(all.longest, run.late.longest);
    restarts += run.restarts;
    gave_up += run.gave_up_at ? 1 : 0;
  }
  const auto count = static_cast<double>(std::max<std::size_t>(runs.size(), 1));
  if (all.count > 0)
    made.late_mean = in_seconds(all.total) / static_cast<double>(all.count);
  made.late_max = in_seconds(all.longest);
  made.restarts = static_cast<double>(restarts) / count;
  made.failures = static_cast<double>(all.count) / count;
  made.gave_up = static_cast<double>(gave_up) / count;
  return made;
}

std::vector<bool> pareto_front(const std::vector<policy_score>& scores) {
  std::vector<bool> front(scores.size(), true);
  for (std::size_t i = 0; i < scores.size(); ++i)
    for (std::size_t j = 0; j < scores.size() && front[i]; ++j)
      front[i] = !is_dominated(scores[i], scores[j]) && !(j < i && is_equal(scores[i], scores[j]));
  return front;
}

std::size_t best_of(const std::vector<policy_score>& scores) {
  const auto cost = [](const policy_score& s) {
    const double each = s.failures > 0 ? s.restarts / s.failures : s.restarts;
    return std::pair{s.gave_up, (1 + s.late_mean) * (1 + each)};
  };
  const auto best = std::min_element(
    scores.begin(), scores.end(), [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
  return static_cast<std::size_t>(best - scores.begin());
}

} // namespace reeve
