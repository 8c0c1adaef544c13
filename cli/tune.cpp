#include "cli/commands.hpp"
#include "cli/tune_report.hpp"
#include "config/reachable.hpp"
#include "supervisor/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>

namespace reeve::cli {

namespace {

/// A bar on stderr, if that is a terminal. Any thread.
class progress_bar {
public:
  explicit progress_bar(std::size_t total) : total_{total}, shown_{isatty(STDERR_FILENO) != 0} {
  }
  ~progress_bar() {
    if (shown_)
      std::cerr << "\r\033[K";
  }
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void advance() {
    if (!shown_)
      return;
    const std::lock_guard lock{mutex_};
    constexpr std::size_t length = 40;
    const auto filled = ++done_ * length / total_;
    if (filled == filled_)
      return;
    filled_ = filled;
    std::cerr << "\r[" << std::string(filled, '#') << std::string(length - filled, ' ') << "]"
              << std::flush;
  }

private:
  std::mutex mutex_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::size_t filled_ = 0;
  bool shown_;
};

/// Calls `job` with 0 to `count` - 1, on all cores.
void on_all_cores(std::size_t count, const std::function<void(std::size_t)>& job) {
  progress_bar progress{count};
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next++; i < count; i = next++) {
      job(i);
      progress.advance();
    }
  };
  std::vector<std::thread> helpers;
  const auto cores = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  for (std::size_t i = 1; i < std::min(cores, count); ++i)
    helpers.emplace_back(work);
  work();
  for (auto& helper : helpers)
    helper.join();
}

/// Whether its limit can ever be exhausted: what `validate` warns of is not worth a try.
bool can_act(const policy_choice& choice, const daemon_spec& spec, const std::string& service) {
  auto changed = spec;
  apply(choice, changed, service);
  const auto& group = group_of(changed, service);
  const bool is_shared = shares_window(group);
  std::vector<const service_spec*> counted_together;
  for (const auto& child : group.children) {
    const auto* name = std::get_if<std::string>(&child);
    if (!name && is_shared)
      return true; // nobody can tell
    if (!name || (!is_shared && *name != service))
      continue;
    counted_together.push_back(&*std::find_if(changed.services.begin(), changed.services.end(),
                                              [&](const auto& s) { return s.name == *name; }));
  }
  return !config::never_exhausted(choice.intensity, counted_together);
}

std::vector<tuned_policy> all_policies(const daemon_spec& spec, const std::string& service) {
  std::vector<tuned_policy> all;
  const auto present = present_choice(spec, service);
  all.push_back({"present: " + name_of(present), nullptr, present});
  for (const auto& choice : policy_grid(present))
    if (can_act(choice, spec, service))
      all.push_back({name_of(choice), nullptr, choice});
  for (const auto& peer : peer_policies())
    all.push_back({std::string{peer.name}, &peer});
  return all;
}

void play_all(std::vector<tuned_policy>& policies, const daemon_spec& spec, const scenario& s,
              const std::string& service, std::uint64_t seeds) {
  std::vector<std::vector<tuning_run>> runs(policies.size(), std::vector<tuning_run>(seeds));
  on_all_cores(policies.size() * seeds, [&](std::size_t i) {
    const auto& p = policies[i / seeds];
    const auto seed = i % seeds + 1;
    runs[i / seeds][i % seeds] =
      p.peer ? play_peer(*p.peer, s, service, seed) : play_choice(p.choice, spec, s, service, seed);
  });
  for (std::size_t i = 0; i < policies.size(); ++i)
    policies[i].score = score_of(runs[i]);
}

/// Among ours, which stand first: a peer's policy is no choice.
std::size_t mark_and_pick(std::vector<tuned_policy>& policies) {
  std::vector<policy_score> ours;
  for (const auto& p : policies)
    if (!p.peer)
      ours.push_back(p.score);
  const auto front = pareto_front(ours);
  for (std::size_t i = 0; i < ours.size(); ++i)
    policies[i].on_front = front[i];
  return best_of(ours);
}

/// Why there is nothing to tune; empty: there is.
std::string refusal(const daemon_spec& spec, const scenario& s, const tune_options& options) {
  const auto quoted = "'" + options.service + "'";
  std::vector<std::string> names;
  for (const auto& service : spec.services)
    names.push_back(service.name);
  const auto found = std::find(names.begin(), names.end(), options.service);
  if (found == names.end())
    return "no service " + quoted + did_you_mean(options.service, names);
  const auto& service = spec.services[static_cast<std::size_t>(found - names.begin())];
  if (std::holds_alternative<std::monostate>(service.restart.target))
    return quoted + " has no restart target: there is nothing to tune";
  const auto is_it = [&](const auto& f) { return f.service == options.service; };
  if (std::none_of(s.failures.begin(), s.failures.end(), is_it)
      && std::none_of(s.random.begin(), s.random.end(), is_it))
    return quoted + " never fails in " + options.scenario + ": give it a failure";
  const auto is_played = [&](const auto& f) { return is_it(f) && f.at <= s.duration; };
  if (std::none_of(s.failures.begin(), s.failures.end(), is_played)
      && std::none_of(s.random.begin(), s.random.end(), is_it))
    return quoted + " fails in " + options.scenario + " only after its end, at "
           + describe(s.duration) + ": give it a longer 'duration'";
  return "";
}

/// Without one that a policy could end, all of them cost nothing.
std::string no_failure_counted(const tune_report& report, const scenario& s) {
  const auto& all = report.policies;
  if (std::any_of(all.begin(), all.end(), [](const auto& p) { return p.score.failures > 0; }))
    return "";
  return "no failure of '" + report.service + "' in " + report.scenario
         + " could be over before the end, at " + describe(s.duration)
         + ": give it a longer 'duration', or shorter outages";
}

bool write_page(const std::string& file, const tune_report& report) {
  std::ofstream out{file, std::ios::binary};
  out << tuning_page(report);
  out.close();
  if (out)
    return true;
  std::cerr << file << ": cannot be written: " << std::strerror(errno) << '\n';
  return false;
}

} // namespace

int tune(const tune_options& options) {
  const auto config = load_or_complain(options.config, environment_for_play());
  if (!config)
    return exit_code::bad_config;
  auto scenario = load_scenario_or_complain(options.scenario, config->spec);
  if (!scenario)
    return exit_code::bad_config;
  scenario->outage_spread = options.spread;
  if (const auto why = refusal(config->spec, *scenario, options); !why.empty()) {
    std::cerr << why << '\n';
    return exit_code::bad_config;
  }
  tune_report report{options.service, options.scenario, options.seeds, options.spread};
  report.policies = all_policies(config->spec, options.service);
  play_all(report.policies, config->spec, *scenario, options.service, options.seeds);
  if (const auto why = no_failure_counted(report, *scenario); !why.empty()) {
    std::cerr << why << '\n';
    return exit_code::bad_config;
  }
  report.pick = mark_and_pick(report.policies);
  report.yaml = yaml_of(report.policies[report.pick].choice, config->spec, options.service);
  if (options.json)
    print_tuning_json(report, std::cout);
  else
    print_tuning(report, std::cout);
  const bool written = options.html.empty() || write_page(options.html, report);
  return written ? exit_code::ok : exit_code::bad_config;
}

} // namespace reeve::cli
