#include "tests/world/promises.hpp"

#include <algorithm>
#include <sstream>

namespace reeve::actors::test {

namespace {

constexpr auto ordinary_run = 30s; ///< who was well for so long is left alone

/// Whether a restart of this was admitted by its group's window just then.
bool was_admitted(const decision& d) {
  const bool restarts = d.what == decision::kind::wait || d.what == decision::kind::wake;
  return restarts && d.numbers.starts_with("restart ");
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
  for (const auto& s : at_.spec.services) {
    auto& truth = truths_[s.name];
    const auto kept = std::find_if(left.services.begin(), left.services.end(),
                                   [&](const auto& k) { return k.name == s.name; });
    const bool is_blank = kept == left.services.end();
    truth.restarts_before_this_life = is_blank ? 0 : kept->restarts;
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
  if (truth.newest_is_counted)
    begun_.push_back(at_.now());
}

void promises::person_begins() {
  by_person_ = true;
}

void promises::person_ordered(const std::string& service, order what) {
  if (what == order::restart || what == order::start)
    admitted_[group_of(at_.spec, service).name].clear(); // as documented
  truths_[service].fine_since.reset();
}

void promises::person_ends() {
  by_person_ = false;
}

void promises::reloaded() {
  admitted_.clear();
}

void promises::sickened(const std::string& service) {
  truths_[service].fine_since.reset();
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
    admitted_[group_of(at_.spec, r.service).name].push_back(r.at);
  for (const auto& r : restarts)
    look_at_window(r);
}

void promises::take_decisions(const service_picture& p, std::vector<restart_decision>& restarts) {
  const auto& record = *p.record;
  auto& seen = truths_[p.name].decisions;
  expect(record.total >= seen, "decisions on " + p.name + " were forgotten");
  const auto fresh = std::min<std::uint64_t>(record.total - seen, record.newest.size());
  seen = record.total;
  for (auto i = record.newest.size() - fresh; i < record.newest.size(); ++i) {
    const auto* d = std::get_if<decision>(&record.newest[i].what);
    if (!d)
      continue;
    at_.tell("  decided: " + p.name + " " + std::string{to_string(d->what)} + ": " + d->reason
             + "; " + d->numbers);
    const auto at = scripted_world::mono(record.newest[i].at);
    const bool is_restart = d->what == decision::kind::restart;
    if (d->what == decision::kind::escalate || (is_restart && d->reason.starts_with("group '")))
      renewed_ = at; // a group that escalated begins anew, and once more when it is restarted
    if (is_restart && d->reason.starts_with("without '"))
      leave_out_of_budget(p.name, at);
    if (was_admitted(*d))
      restarts.push_back({p.name, at});
  }
}

/// What waited for another's start begins when that is given up, whatever the host says.
void promises::leave_out_of_budget(const std::string& service, mono_time at) {
  truths_[service].newest_is_counted = false;
  if (const auto found = std::find(begun_.begin(), begun_.end(), at); found != begun_.end())
    begun_.erase(found);
}

void promises::look_at_window(const restart_decision& restart) {
  const auto& group = group_of(at_.spec, restart.service);
  if (group.strategy != strategy::one_for_one || at_.spec.tree.strategy != strategy::one_for_one)
    return; // who is restarted with others decides nothing
  const auto& admitted = admitted_[group.name];
  const auto count = std::count_if(admitted.begin(), admitted.end(), [&](mono_time t) {
    const auto age = restart.at - t;
    const bool is_within = age >= 0ns && age + 1ms < group.intensity.within; // told in whole ms
    return is_within && (!renewed_ || t > *renewed_);
  });
  expect(count <= group.intensity.restarts,
         restart.service + " is restarted more often than its window allows");
}

void promises::look_at_budget() {
  if (!at_.spec.budget || at_.persons_act)
    return;
  const auto& limit = *at_.spec.budget;
  std::erase_if(begun_, [&](mono_time t) { return at_.now() - t >= 60s; });
  const bool each_alone = at_.spec.tree.strategy == strategy::one_for_one
                          && at_.spec.tree.children.size() == at_.spec.services.size();
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

/// No other's failure may touch it.
bool promises::restarts_alone(const std::string& service) const {
  const auto& group = group_of(at_.spec, service);
  return group.strategy == strategy::one_for_one && at_.spec.tree.strategy == strategy::one_for_one
         && group.on_exhausted == on_exhausted::give_up;
}

} // namespace reeve::actors::test
