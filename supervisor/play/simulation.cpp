#include "supervisor/play/simulation.hpp"

#include "supervisor/play/failure_stream.hpp"
#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <queue>
#include <tuple>
#include <unordered_map>

namespace reeve {

namespace {

using std::chrono::milliseconds;
using kind = simulation_event::kind;

struct simulated_service {
  std::size_t position = 0; ///< in the start order
  bool is_watched = false;  ///< it has no restart target
  bool has_dependents = false;
  milliseconds start_time{0};
  bool was_started = false;
  bool alive = false;
  bool healthy = false;
  std::uint32_t incarnation = 0; ///< as the tree counts
  std::uint64_t run = 0;         ///< grows with every start and death
  milliseconds down_until{0};    ///< every start before fails
  std::optional<milliseconds> down_since{milliseconds{0}};
  std::optional<milliseconds> curable_at; ///< from when on a start would cure its failure
  service_outcome outcome;
};

/// All restart targets are simulated alike.
daemon_spec with_processes(daemon_spec spec) {
  for (auto& s : spec.services)
    if (!std::holds_alternative<std::monostate>(s.restart.target))
      s.restart.target = process_spec{{s.name}, {}, {}, 15, {}};
  return spec;
}

void collect_start_order(const group_spec& group, std::vector<std::string>& order) {
  for (const auto& child : group.children) {
    if (const auto* name = std::get_if<std::string>(&child))
      order.push_back(*name);
    else
      collect_start_order(std::get<group_spec>(child), order);
  }
}

class simulation {
public:
  simulation(const daemon_spec& spec, const scenario& s, std::uint64_t seed,
             const std::function<void(const simulation_event&)>& tell)
      : spec_{with_processes(spec)}, scenario_{s}, failures_{s, seed},
        random_{seed_of_part(seed, 0)}, tell_{tell}, tree_{spec_, moment()} {
    std::vector<std::string> order;
    collect_start_order(spec_.tree, order);
    services_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      auto& s_i = services_[i];
      s_i.position = i;
      s_i.outcome.name = std::move(order[i]);
      if (const auto found = s.start_time.find(s_i.outcome.name); found != s.start_time.end())
        s_i.start_time = found->second;
      by_name_.emplace(s_i.outcome.name, &s_i);
    }
    for (const auto& service : spec_.services) {
      by_name_.at(service.name)->is_watched =
        std::holds_alternative<std::monostate>(service.restart.target);
      for (const auto& dependency : service.depends_on)
        by_name_.at(dependency)->has_dependents = true;
    }
  }

  simulation_result run() {
    obey(tree_.boot(moment()));
    start_watched(services_.size());
    while (!exited_) {
      const auto next = std::min({next_healthy(), next_due(), failures_.next_at()});
      if (next > scenario_.duration)
        break;
      now_ = std::max(now_, next);
      if (next == next_healthy())
        turn_healthy();
      else if (next == next_due())
        obey(tree_.due(moment()));
      else
        fail(failures_.pop());
    }
    return finished();
  }

private:
  using healthy_entry = std::tuple<milliseconds, std::uint64_t, simulated_service*, std::uint64_t>;

  mono_time moment() const {
    return mono_time{} + now_;
  }

  milliseconds next_healthy() const {
    return turning_healthy_.empty() ? milliseconds::max() : std::get<0>(turning_healthy_.top());
  }

  milliseconds next_due() const {
    const auto due = tree_.next_due();
    return due ? std::chrono::duration_cast<milliseconds>(*due - mono_time{}) : milliseconds::max();
  }

  void tell(kind what, std::string_view name, std::string_view reason, milliseconds delay = {}) {
    if (tell_)
      tell_({now_, what, name, delay, reason});
  }

  // -- what the tree orders -----------------------------------------------------

  void obey(service_tree::actions ordered) {
    tree_.take_news(); // nobody reads it here
    std::move(ordered.begin(), ordered.end(), std::back_inserter(open_));
    while (!open_.empty()) {
      const auto action = std::move(open_.front());
      open_.pop_front();
      auto more = carry_out(action); // nothing takes time, so this comes before the next
      open_.insert(open_.begin(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
    }
  }

  service_tree::actions carry_out(const tree_action& a) {
    switch (a.what) {
    case tree_action::kind::stop:
      stop(service(a.name), a.reason);
      return tree_.stopped(a.name, moment());
    case tree_action::kind::restart:
      stop(service(a.name), a.reason);
      [[fallthrough]];
    case tree_action::kind::start:
      // Its own failure was told already.
      return start(service(a.name), a.cause == restart_cause::failed ? "" : a.reason);
    case tree_action::kind::wait:
      tell(kind::wait, a.name, a.reason, a.delay);
      break;
    case tree_action::kind::give_up:
      ++service(a.name).outcome.give_ups;
      tell(kind::give_up, a.name, a.reason);
      break;
    case tree_action::kind::escalate:
      tell(kind::escalate, a.name, a.reason);
      break;
    case tree_action::kind::look: // nothing that failed here still runs
      return tree_.still_sick(a.name, service(a.name).incarnation, moment());
    case tree_action::kind::hold:
      tell(kind::hold, a.name, a.reason);
      break;
    case tree_action::kind::exit:
      exited_ = true;
      tell(kind::exit, a.name, a.reason);
      break;
    case tree_action::kind::changed:
      note_end(service(a.name));
      break;
    }
    return {};
  }

  void stop(simulated_service& s, const std::string& reason) {
    if (!s.alive)
      return;
    tell(kind::stop, s.outcome.name, reason);
    set_dead(s);
  }

  service_tree::actions start(simulated_service& s, const std::string& reason) {
    start_watched(s.position);
    begin_run(s, reason);
    if (now_ >= s.down_until) {
      ++s.incarnation;
      s.alive = true;
      expect_healthy(s, now_ + s.start_time);
      return tree_.started(s.outcome.name, moment());
    }
    const auto why = "still down, until " + describe(s.down_until);
    tell(kind::failed, s.outcome.name, why);
    return tree_.start_failed(s.outcome.name, why, moment(), random_());
  }

  /// Those that nobody starts stand in the order of starts all the same.
  void start_watched(std::size_t before) {
    for (; next_watched_ < before; ++next_watched_) {
      auto& s = services_[next_watched_];
      if (!s.is_watched)
        continue;
      begin_run(s, "");
      s.alive = true;
      expect_healthy(s, now_ + s.start_time);
    }
  }

  // -- what happens -------------------------------------------------------------

  void fail(const failure_stream::failure& f) {
    const auto found = by_name_.find(*f.service);
    if (found == by_name_.end())
      return;
    auto& s = *found->second;
    if (f.down_for.count() > 0 || s.alive)
      s.down_until = std::max(s.down_until, now_ + f.down_for);
    if (s.curable_at || s.alive)
      s.curable_at = s.down_until;
    if (!s.alive)
      return;
    const auto reason = f.down_for.count() > 0 ? "down until " + describe(s.down_until)
                        : f.clean              ? std::string{"ended cleanly"}
                                               : std::string{"crashed"};
    tell(kind::failed, s.outcome.name, reason);
    const auto last_good = s.healthy ? std::optional{moment()} : std::nullopt;
    set_dead(s);
    tell_dependents(s, false, "unhealthy: " + reason);
    if (s.is_watched)
      return expect_healthy(s, s.down_until);
    obey(tree_.failed(s.outcome.name, s.incarnation, {reason, false, f.clean, last_good}, moment(),
                      random_()));
  }

  void turn_healthy() {
    const auto [at, order, s, run] = turning_healthy_.top();
    turning_healthy_.pop();
    if (s->run != run)
      return;
    if (now_ < s->down_until)
      return expect_healthy(*s, s->down_until);
    set_healthy(*s);
  }

  // -- what is so then ----------------------------------------------------------

  simulated_service& service(const std::string& name) {
    return *by_name_.at(name);
  }

  void begin_run(simulated_service& s, std::string_view reason) {
    if (!s.down_since) // it had ended
      s.down_since = now_;
    s.outcome.restarts += s.was_started ? 1 : 0;
    s.was_started = true;
    tell(kind::start, s.outcome.name, reason);
  }

  void expect_healthy(simulated_service& s, milliseconds at) {
    turning_healthy_.emplace(at, next_entry_++, &s, ++s.run);
  }

  void set_dead(simulated_service& s) {
    s.alive = false;
    s.healthy = false;
    ++s.run;
    if (!s.down_since)
      s.down_since = now_;
  }

  void set_healthy(simulated_service& s) {
    s.alive = true;
    s.healthy = true;
    count_downtime(s);
    count_recovery(s);
    tell(kind::healthy, s.outcome.name, "");
    obey(tree_.recovered(s.outcome.name, s.incarnation, moment()));
    tell_dependents(s, true, "");
  }

  void tell_dependents(const simulated_service& s, bool is_up, std::string reason) {
    if (s.has_dependents)
      obey(tree_.health_is(s.outcome.name, s.incarnation, is_up, std::move(reason), moment(),
                           random_()));
  }

  /// What ended cleanly, and is left so, is not down.
  void note_end(simulated_service& s) {
    if (s.alive || !s.down_since)
      return;
    if (tree_.supervision_of(s.outcome.name, moment()).state != supervision::ended)
      return;
    count_downtime(s);
    s.curable_at.reset();
  }

  void count_downtime(simulated_service& s) {
    if (s.down_since)
      s.outcome.downtime += now_ - *s.down_since;
    s.down_since.reset();
  }

  void count_recovery(simulated_service& s) {
    if (!s.curable_at || *s.curable_at > now_)
      return;
    const auto late = now_ - *s.curable_at;
    auto& all = s.outcome.late;
    ++all.count;
    all.total += late;
    all.longest = std::max(all.longest, late);
    s.curable_at.reset();
  }

  simulation_result finished() {
    simulation_result made;
    now_ = scenario_.duration;
    for (auto& s : services_) {
      count_downtime(s);
      count_recovery(s);
      made.services.push_back(std::move(s.outcome));
    }
    made.exited = exited_;
    return made;
  }

  daemon_spec spec_;
  const scenario& scenario_;
  failure_stream failures_;
  chance random_;
  const std::function<void(const simulation_event&)>& tell_;
  milliseconds now_{0};
  service_tree tree_;
  std::vector<simulated_service> services_; ///< in start order
  std::unordered_map<std::string_view, simulated_service*> by_name_;
  std::size_t next_watched_ = 0;
  std::priority_queue<healthy_entry, std::vector<healthy_entry>, std::greater<>> turning_healthy_;
  std::uint64_t next_entry_ = 0;
  std::deque<tree_action> open_; ///< ordered, and not carried out yet
  bool exited_ = false;
};

} // namespace

simulation_result simulate(const daemon_spec& spec, const scenario& s, std::uint64_t seed,
                           const std::function<void(const simulation_event&)>& tell) {
  return simulation{spec, s, seed, tell}.run();
}

} // namespace reeve
