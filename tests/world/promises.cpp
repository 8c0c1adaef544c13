#include "tests/world/promises.hpp"

#include "supervisor/restarts/backoff.hpp"
#include "supervisor/restarts/restart_policy.hpp"

#include <algorithm>
#include <sstream>

namespace reeve::actors::test {

namespace {

constexpr auto ordinary_run = 30s;    ///< who was well for so long is left alone
constexpr auto long_enough = 2s;      ///< until what is seen is heard everywhere
constexpr auto until_it_rests = 2min; ///< what a person set in motion

/// Whether a restart of this was admitted by its group's window just then.
bool was_admitted(const decision& d) {
  const bool restarts = d.what == decision::kind::wait || d.what == decision::kind::wake;
  return restarts && d.numbers.starts_with("restart ");
}

bool is_by_person(const decision& d) {
  for (const auto* words : {"ordered by a person", "its process was changed", "no longer a process",
                            "back in the config"})
    if (d.reason.find(words) != std::string::npos)
      return true;
  return false;
}

std::size_t place_of(const group_spec& group, const std::string& service) {
  std::size_t place = 0;
  while (std::get<std::string>(group.children[place]) != service)
    ++place;
  return place;
}

int count_since(const std::vector<mono_time>& all, mono_time first) {
  return static_cast<int>(
    std::count_if(all.begin(), all.end(), [&](mono_time t) { return t >= first; }));
}

std::map<std::string, double> parsed(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    if (const auto at = line.rfind(' '); !line.starts_with("#") && at != std::string::npos)
      values[line.substr(0, at)] = std::stod(line.substr(at + 1));
  return values;
}

bool counts(const std::string& series) {
  const auto family = series.substr(0, series.find('{'));
  return family.ends_with("_total") || family.ends_with("_count") || family.ends_with("_bucket");
}

} // namespace

void promises::expect(bool kept, const std::string& promise) {
  if (!kept && broken_.empty())
    broken_ = promise;
}

// -- what happens ------------------------------------------------------------------

void promises::life_begins(const remembered& left) {
  counters_.clear();
  if (!left.services.empty())
    windows_known_since_ = at_.now();
  for (const auto& s : at_.spec.services) {
    auto& truth = truths_[s.name];
    const auto kept = std::find_if(left.services.begin(), left.services.end(),
                                   [&](const auto& k) { return k.name == s.name; });
    const bool is_blank = kept == left.services.end();
    truth.restarts_before_this_life = is_blank ? 0 : kept->restarts;
    truth.attempt.reset(); // it may have decided more than was seen, and kept less
    truth.announced.reset();
    truth.may_begin_anew = true;
    truth.newest_trial = truth::trial::unknown;
    truth.healthy_since.reset();
    truth.boots =
      is_process(s)
      && (is_blank || kept->state == supervision::running || kept->state == supervision::paused);
    if (is_process(s))
      truth.fine_since.reset(); // it died with Reeve
  }
}

void promises::ordered(io::operation what, const service_spec& service) {
  static constexpr const char* words[] = {"stop", "start", "restart"};
  const auto& name = service.name;
  auto& truth = truths_[name];
  at_.tell("  ordered: " + std::string{words[static_cast<int>(what)]} + " " + name);
  const bool brings_it_back = what != io::operation::stop; // a person's stop may come late
  const bool boots = std::exchange(truth.boots, false) && brings_it_back;
  truth.newest = what;
  const bool was_healthy = truth.healthy_since && at_.now() - *truth.healthy_since >= long_enough;
  truth.newest_is_counted = brings_it_back && !boots && !by_person_;
  if (by_person_)
    return;
  const bool rests =
    truth.shown == supervision::stopped || (truth.shown == supervision::paused && !boots);
  expect(!brings_it_back || !rests,
         name + " is " + std::string{to_string(truth.shown)} + " by a person, and is restarted");
  if (what != io::operation::start && restarts_alone(name))
    expect(!truth.fine_since || at_.now() - *truth.fine_since < ordinary_run || at_.persons_act,
           name + " was well for half a minute, and is touched");
  if (what != io::operation::start && restarts_alone(name))
    expect(!was_healthy || was_touched_lately(truth),
           name + " is healthy and runs, and is touched");
  if (!boots)
    steps_.emplace_back(what == io::operation::stop, name);
  if (truth.newest_is_counted)
    begun_.push_back(at_.now());
}

void promises::person_begins() {
  by_person_ = true;
  steps_.clear();
}

void promises::person_ordered(const std::string& service, order what) {
  if (what == order::restart || what == order::start)
    forget_window_of(service); // as documented
  auto& truth = truths_[service];
  truth.fine_since.reset();
  truth.touched_by_person = at_.now();
  truth.announced.reset();
  truth.newest_is_counted = false; // what is under way is no longer what was decided
  if (what == order::restart || what == order::start) {
    truth.attempt = 0;
    truth.may_begin_anew = true;
  }
}

void promises::person_ends() {
  by_person_ = false;
}

void promises::forget_window_of(const std::string& service) {
  admitted_[window_of(service)].clear();
  refused_[window_of(service)].clear();
}

void promises::reloaded() {
  windows_known_since_ = at_.now();
  admitted_.clear();
  refused_.clear();
  for (auto& [name, truth] : truths_) {
    truth.touched_by_person = at_.now();
    truth.announced.reset();
    truth.may_begin_anew = true;
    truth.newest_is_counted = false;
  }
}

void promises::sickened(const std::string& service) {
  truths_[service].fine_since.reset();
  truths_[service].healthy_since.reset();
}

void promises::operation_ended(const std::string& service, bool well) {
  ++plans_;
  if (!well)
    sickened(service); // nobody knows how it is now
}

void promises::found_running(const std::string& service) {
  truths_[service].shown = supervision::running;
}

io::operation promises::newest_operation(const std::string& service) const {
  return truths_.at(service).newest.value();
}

// -- what Reeve shows ---------------------------------------------------------------

void promises::look(const snapshot& shown) {
  look_at_decisions(shown);
  look_at_order_of_steps();
  for (const auto& s : at_.spec.services) {
    const auto p = shown.find(s.name);
    if (!p) {
      expect(false, s.name + " is not shown");
      continue;
    }
    look_at_reason(s, *p);
    see(*p);
  }
  look_at_budget();
}

void promises::see(const service_picture& p) {
  auto& truth = truths_[p.name];
  truth.shown = p.supervision;
  truth.due = p.next_restart;
  truth.restarts = p.restarts;
  const auto& s = service_of(at_.spec, p.name);
  const bool is_healthy = p.health == health::healthy && works_at(p.name) && container_runs(s)
                          && !at_.world.failing.contains(p.name)
                          && !at_.world.waiting.contains(p.name);
  if (!is_healthy)
    truth.healthy_since.reset();
  else if (!truth.healthy_since)
    truth.healthy_since = at_.now();
  const bool fine =
    p.health == health::healthy && p.supervision == supervision::running && works_at(p.name);
  if (!fine)
    truth.fine_since.reset();
  else if (!truth.fine_since)
    truth.fine_since = at_.now();
}

/// The windows are counted once more, by what `explain` tells.
void promises::look_at_decisions(const snapshot& shown) {
  std::vector<restart_decision> restarts;
  for (const auto& s : at_.spec.services)
    if (const auto p = shown.find(s.name); p && p->record)
      take_decisions(*p, restarts);
  for (const auto& r : restarts)
    admitted_[r.window].push_back(r.at);
  for (const auto& r : restarts)
    look_at_window(r);
  for (const auto& r : std::exchange(newly_refused_, {}))
    look_at_giving_up(r);
}

void promises::take_decisions(const service_picture& p, std::vector<restart_decision>& restarts) {
  const auto& record = *p.record;
  auto& seen = truths_[p.name].decisions;
  expect(record.total >= seen, "decisions on " + p.name + " were forgotten");
  const auto fresh = std::min<std::uint64_t>(record.total - seen, record.newest.size());
  if (record.total - seen > fresh)
    missed_decisions_on(p.name);
  seen = record.total;
  for (auto i = record.newest.size() - fresh; i < record.newest.size(); ++i) {
    const auto at = scripted_world::mono(record.newest[i].at);
    if (const auto* d = std::get_if<decision>(&record.newest[i].what))
      take(*d, at, restarts);
    else
      look_at_outcome(std::get<restart_judged>(record.newest[i].what), at);
  }
}

/// More were made at once than are shown.
void promises::missed_decisions_on(const std::string& service) {
  auto& truth = truths_[service];
  truth.attempt.reset();
  truth.announced.reset();
  truth.newest_trial = truth::trial::unknown;
  windows_known_since_ = at_.now();
}

void promises::take(const decision& d, mono_time at, std::vector<restart_decision>& restarts) {
  at_.tell("  decided: " + d.service + " " + std::string{to_string(d.what)} + ": " + d.reason + "; "
           + d.numbers);
  const bool is_restart = d.what == decision::kind::restart;
  if (d.what == decision::kind::escalate || (is_restart && d.reason.starts_with("group '")))
    renewed_ = at; // a group that escalated begins anew, and once more when it is restarted
  if (is_restart && (d.reason.starts_with("without '") || is_by_person(d)))
    leave_out_of_budget(d.service, at);
  look_at_wait(d, at);
  const bool is_of_group = d.numbers.starts_with("group '"); // as a child of the root
  if (was_admitted(d))
    restarts.push_back({d.service, window_of(d.service), at});
  else if (d.what == decision::kind::wait && is_of_group && shares_window(at_.spec.tree))
    admitted_[at_.spec.tree.name].push_back(at);
  if (d.what != decision::kind::give_up)
    return;
  if (d.reason.starts_with("group '")) { // it was refused as a child of the root
    refused_[at_.spec.tree.name].push_back(at);
    return;
  }
  const auto excess = "; " + describe_excess(limit_of(d.service));
  if (d.reason.find(excess) != std::string::npos)
    newly_refused_.push_back({d.service, window_of(d.service), at});
}

/// Who waits is not restarted before the time that was told.
void promises::look_at_wait(const decision& d, mono_time at) {
  using kind = decision::kind;
  auto& truth = truths_[d.service];
  switch (d.what) {
  case kind::wait:
    if (was_admitted(d))
      look_at_backoff(d, at);
    truth.waited_at = at;
    truth.waited_for = d.delay;
    truth.announced = at + d.delay;
    break;
  case kind::wake:
    truth.announced = at + d.delay;
    break;
  case kind::give_up:
    truth.announced = at + d.delay;
    break;
  case kind::restart:
    expect(!truth.announced || at + 1ms >= *truth.announced || is_by_person(d)
             || !restarts_alone(d.service),
           d.service + " is restarted before the time that was announced");
    truth.announced.reset();
    truth.newest_trial = truth::trial::open;
    ++truth.untold;
    plans_ += d.reason.starts_with("with '") ? 0 : 1; // else it goes with another
    truth.starts_out_of_turn = is_by_person(d) || d.reason.starts_with("without '")
                               || d.reason.find("careful try") != std::string::npos;
    break;
  case kind::hold:
    break;
  case kind::healed:
  case kind::leave:
  case kind::escalate:
  case kind::observed:
    truth.announced.reset();
    break;
  }
  truth.attempt = d.attempt;
}

/// A wait is what the backoff says, and grows until a stable run.
void promises::look_at_backoff(const decision& d, mono_time at) {
  auto& truth = truths_[d.service];
  const auto& policy = service_of(at_.spec, d.service).restart.backoff;
  expect(d.delay >= delay(policy, d.attempt, 0) && d.delay <= delay(policy, d.attempt, 1),
         d.service + " waits otherwise than its backoff says");
  const bool may_be_stable = at - truth.waited_at >= 60s + truth.waited_for;
  const bool begins_anew = d.attempt == 1 && (truth.may_begin_anew || may_be_stable);
  expect(!truth.attempt || d.attempt == *truth.attempt + 1 || begins_anew,
         "the backoff of " + d.service + " does not grow");
  truth.may_begin_anew = false;
}

/// One that helped may relapse, one that did not cannot.
void promises::look_at_outcome(const restart_judged& j, mono_time at) {
  using trial = truth::trial;
  auto& truth = truths_[j.service];
  at_.tell("  judged: " + j.service + " " + describe(j));
  switch (j.what) {
  case restart_outcome::healthy:
    expect(truth.untold > 0 || truth.newest_trial == trial::unknown,
           j.service + " was not restarted, and that has helped");
    truth.untold = std::max(truth.untold - 1, 0);
    truth.newest_trial = trial::helped;
    truth.helped_at = at;
    return;
  case restart_outcome::relapsed:
    expect(truth.newest_trial == trial::helped || truth.newest_trial == trial::unknown,
           j.service + " relapses, and no restart had helped");
    expect(truth.newest_trial != trial::helped || at - truth.helped_at <= relapse_time + 1s,
           j.service + " relapses after a long time");
    break;
  case restart_outcome::no_effect:
    expect(truth.newest_trial != trial::helped,
           j.service + " was healthy after its restart, and that had no effect");
    break;
  }
  truth.newest_trial = trial::none;
  truth.untold = 0;
}

/// No earlier than its window is used up.
void promises::look_at_giving_up(const restart_decision& refused) {
  const auto& [service, owner, at] = refused;
  const auto& limit = limit_of(service);
  const auto first = at - limit.within - 1ms;
  const auto used = count_since(admitted_[owner], first) + count_since(refused_[owner], first);
  const bool is_known = !windows_known_since_ || *windows_known_since_ < first;
  expect(used >= limit.restarts || !is_known || !window_is_certain(service)
           || was_touched_lately(truths_[service]),
         service + " is given up before its window is used up");
  refused_[owner].push_back(at);
}

/// What waited for another's start begins when that is given up, whatever the host says.
void promises::leave_out_of_budget(const std::string& service, mono_time at) {
  truths_[service].newest_is_counted = false;
  if (const auto found = std::find(begun_.begin(), begun_.end(), at); found != begun_.end())
    begun_.erase(found);
}

void promises::look_at_window(const restart_decision& restart) {
  if (!window_is_certain(restart.service))
    return;
  const auto& limit = limit_of(restart.service);
  const auto& admitted = admitted_[restart.window];
  const auto count = std::count_if(admitted.begin(), admitted.end(), [&](mono_time t) {
    const auto age = restart.at - t;
    const bool is_within = age >= 0ns && age + 1ms < limit.within; // told in whole ms
    return is_within && (!renewed_ || t > *renewed_);
  });
  expect(count <= limit.restarts,
         restart.service + " is restarted more often than its window allows");
}

void promises::look_at_budget() {
  if (!at_.spec.budget)
    return;
  const auto& limit = *at_.spec.budget;
  std::erase_if(begun_, [&](mono_time t) { return at_.now() - t >= 60s; });
  const bool each_alone = at_.spec.tree.strategy == strategy::one_for_one && has_no_inner_group();
  if (limit.per_minute > 0 && each_alone)
    expect(static_cast<int>(begun_.size()) <= limit.per_minute,
           "more restarts in a minute than the budget allows");
  const auto& under_way = at_.world.waiting;
  if (limit.concurrent > 0)
    expect(std::count_if(under_way.begin(), under_way.end(),
                         [&](const auto& w) { return truths_[w.first].newest_is_counted; })
             <= limit.concurrent,
           "more restarts at once than the budget allows");
}

/// Who is unhealthy is waiting, restarting, held or given up, and it is said why.
void promises::look_at_reason(const service_spec& s, const service_picture& p) {
  if (!has_target(s) || p.health != health::unhealthy)
    return;
  expect(p.supervision != supervision::running || !container_of(s).empty(),
         s.name + " is unhealthy, and nothing is done about it: " + p.reason);
  expect(!p.reason.empty(), s.name + " is unhealthy, and nobody knows why");
}

// -- what Reeve kept ------------------------------------------------------------------

void promises::look_at_what_was_kept(const snapshot& shown) {
  for (const auto& s : at_.spec.services) {
    const auto p = shown.find(s.name);
    expect(p != nullptr, s.name + " is not shown");
    if (p)
      look_at_what_was_kept(s, *p);
  }
}

void promises::look_at_what_was_kept(const service_spec& s, const service_picture& p) {
  const auto& truth = truths_[s.name];
  expect(p.restarts >= truth.restarts, "restarts of " + s.name + " were forgotten");
  expect((p.record ? p.record->total : 0) >= truth.decisions,
         "decisions on " + s.name + " were forgotten");
  const auto was = truth.shown;
  const bool is_same = p.supervision == was;
  const auto now_is = s.name + " was " + std::string{to_string(was)} + " when Reeve died, and is "
                      + std::string{to_string(p.supervision)};
  if (was == supervision::paused || was == supervision::stopped)
    expect(is_same, now_is);
  if (!restarts_alone(s.name))
    return; // its group may bring it back
  if (was == supervision::ended)
    expect(is_same, now_is);
  const bool not_due = truth.due && scripted_world::mono(*truth.due) > at_.now();
  const bool healed = !is_process(s) && works_at(s.name) && container_runs(s);
  if (was == supervision::given_up && not_due && !healed)
    expect(is_same, now_is);
  if (was == supervision::waiting && not_due && is_process(s) && s.depends_on.empty())
    expect(is_same && p.next_restart == truth.due, now_is);
}

// -- metrics ---------------------------------------------------------------------------

void promises::look_at_metrics(const snapshot& shown, const std::string& text) {
  const auto values = parsed(text);
  for (const auto& [name, value] : values) {
    if (!counts(name))
      continue;
    auto& before = counters_[name];
    expect(value >= before, name + " went down");
    before = value;
  }
  for (const auto& s : at_.spec.services)
    look_at_series(*shown.find(s.name), values);
}

void promises::look_at_series(const service_picture& p,
                              const std::map<std::string, double>& values) {
  auto restarts = static_cast<double>(truths_[p.name].restarts_before_this_life);
  for (const auto& [name, value] : values)
    if (name.starts_with("reeve_service_restarts_total{service=\"" + p.name + "\""))
      restarts += value;
  expect(restarts == static_cast<double>(p.restarts),
         "aggregator and metrics disagree on the restarts of " + p.name);
  const auto given_up =
    values.find("reeve_service_given_up{service=\"" + p.name + "\",group=\"" + p.group + "\"}");
  expect((given_up != values.end() && given_up->second == 1)
           == (p.supervision == supervision::given_up),
         "aggregator and metrics disagree on whether " + p.name + " is given up");
}

// -- the end ---------------------------------------------------------------------------

void promises::look_at_the_end(const snapshot& shown) {
  for (const auto& s : at_.spec.services) {
    const auto p = shown.find(s.name);
    const bool rests =
      p->supervision == supervision::stopped || p->supervision == supervision::ended
      || p->supervision == supervision::paused || s.restart.type == restart_type::temporary;
    const bool waits_for_one_that_rests =
      p->reason.find("held: '") != std::string::npos; // its dependency does, or this would be over
    expect(rests || waits_for_one_that_rests || p->health == health::healthy,
           s.name + " does not come back: " + std::string{to_string(p->health)} + ", "
             + std::string{to_string(p->supervision)} + ": " + p->reason);
  }
}

/// Whatever Reeve thinks of it.
bool promises::works_at(const std::string& service) const {
  const auto url = "http://" + service;
  const auto answer = at_.world.script.find(url);
  return answer != at_.world.script.end() && answer->second.answer.status == 200
         && !at_.world.hanging.contains(url);
}

/// Whatever is no container does.
bool promises::container_runs(const service_spec& s) const {
  const auto container = container_of(s);
  const auto fact = at_.world.containers.find(container);
  return container.empty()
         || (fact != at_.world.containers.end()
             && fact->second.what == io::container_fact::kind::running);
}

bool promises::was_touched_lately(const truth& t) const {
  return t.touched_by_person && at_.now() - *t.touched_by_person < until_it_rests;
}

/// A name of a group or of a service, which are never the same.
std::string promises::window_of(const std::string& service) const {
  const auto& group = group_of(at_.spec, service);
  return shares_window(group) ? group.name : service;
}

const intensity& promises::limit_of(const std::string& service) const {
  const auto& group = group_of(at_.spec, service);
  return shares_window(group) ? group.intensity : service_of(at_.spec, service).restart.intensity;
}

/// A group begins anew whenever the one around it restarts it as a whole.
bool promises::window_is_certain(const std::string& service) const {
  const auto& root = at_.spec.tree;
  return &group_of(at_.spec, service) == &root || root.strategy == strategy::one_for_one;
}

/// Stops go backwards, starts forwards, in what one failure has led to.
void promises::look_at_order_of_steps() {
  const auto steps = std::exchange(steps_, {});
  if (std::exchange(plans_, 0) > 1)
    return;
  const auto& root = at_.spec.tree;
  if (root.strategy == strategy::one_for_one || !has_no_inner_group())
    return;
  std::optional<std::pair<bool, std::size_t>> before;
  for (const auto& [stops, service] : steps) {
    if (!stops && truths_[service].starts_out_of_turn)
      continue;
    const auto place = place_of(root, service);
    if (before && before->first == stops)
      expect(stops ? place <= before->second : place >= before->second,
             service + (stops ? " is stopped" : " is started") + " out of order");
    before = {stops, place};
  }
}

bool promises::has_no_inner_group() const {
  const auto& all = at_.spec.tree.children;
  return std::all_of(all.begin(), all.end(),
                     [](const auto& child) { return std::holds_alternative<std::string>(child); });
}

/// No other's failure may touch it.
bool promises::restarts_alone(const std::string& service) const {
  const auto& group = group_of(at_.spec, service);
  return group.strategy == strategy::one_for_one && at_.spec.tree.strategy == strategy::one_for_one
         && group.on_exhausted == on_exhausted::give_up;
}

} // namespace reeve::actors::test
