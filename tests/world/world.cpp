#include "tests/world/world.hpp"

#include <algorithm>
#include <sstream>

namespace reeve::actors::test {

namespace {

constexpr int steps = 60;

const group_spec* find_group(const group_spec& in, const std::string& service) {
  for (const auto& child : in.children) {
    if (const auto* name = std::get_if<std::string>(&child); name && *name == service)
      return &in;
    if (const auto* group = std::get_if<group_spec>(&child))
      if (const auto* found = find_group(*group, service))
        return found;
  }
  return nullptr;
}

bool has_target(const service_spec& s) {
  return !std::holds_alternative<std::monostate>(s.restart.target);
}

bool is_process(const service_spec& s) {
  return std::holds_alternative<process_spec>(s.restart.target);
}

std::string container_of(const service_spec& s) {
  const auto* docker = std::get_if<docker_target>(&s.restart.target);
  return docker ? docker->container : "";
}

/// Whether a restart of this was admitted by its group's window just then.
bool was_admitted(const decision& d) {
  const bool restarts = d.what == decision::kind::wait || d.what == decision::kind::wake;
  return restarts && d.numbers.starts_with("restart ");
}

} // namespace

world_under_test::world_under_test(std::uint64_t seed) : dice_{seed}, spec_{random_spec(dice_)} {
  persons_act_ = !dice_.one_in(3);
  crashes_ = dice_.one_in(2);
}

std::string world_under_test::play() {
  SetUp();
  begin();
  for (int i = 0; i < steps && broken_.empty(); ++i)
    step();
  if (broken_.empty())
    end_well();
  TearDown();
  if (broken_.empty())
    return "";
  std::string story = broken_ + "\nafter:\n";
  for (const auto& s : steps_)
    story += "  " + s + "\n";
  return story;
}

void world_under_test::begin() {
  world_.ordered = [this](io::operation what, const service_spec& s) { ordered(what, s); };
  for (const auto& s : spec_.services) {
    world_.answers("http://" + s.name, 200);
    truths_[s.name].fine_since = now();
    if (const auto container = container_of(s); !container.empty())
      world_.containers[container] = {io::container_fact::kind::running, ""};
  }
  start(spec_);
  advance(15s);
  look();
}

void world_under_test::say(const std::string& text) {
  std::ostringstream at;
  at << std::chrono::duration<double>(now().time_since_epoch()).count() << " s: " << text;
  steps_.push_back(at.str());
}

void world_under_test::expect(bool kept, const std::string& promise) {
  if (!kept && broken_.empty())
    broken_ = promise;
}

// -- what happens ------------------------------------------------------------------

void world_under_test::step() {
  act();
  run();
  look();
  static const std::vector<std::chrono::milliseconds> pauses{0ms, 10ms, 500ms, 2s, 7s, 30s, 2min};
  const auto pause = dice_.any_of(pauses);
  const auto until = now() + pause;
  while (now() < until && broken_.empty()) {
    advance(std::min<std::chrono::nanoseconds>(until - now(), 1s));
    look();
  }
  look_at_metrics();
}

void world_under_test::act() {
  const auto& service =
    spec_
      .services[static_cast<std::size_t>(dice_.up_to(static_cast<int>(spec_.services.size()) - 1))]
      .name;
  switch (dice_.up_to(11)) {
  case 0:
  case 1:
  case 2:
  case 3:
    return sicken(service);
  case 4:
  case 5:
    return heal(service);
  case 6:
    say(service + "'s operations are slow");
    world_.held.insert(service);
    return;
  case 7:
    return release_one(!dice_.one_in(3));
  case 8:
    if (dice_.one_in(2)) {
      say(service + " cannot be restarted");
      world_.failing[service] = "no such thing";
    } else {
      world_.failing.clear();
    }
    return;
  case 9:
    pressure_ = !pressure_ && dice_.one_in(2);
    say(pressure_ ? "the host is under pressure" : "the host is at ease");
    daemon_->pressure_is(pressure_ ? std::optional<std::string>{"cpu pressure 91 %"}
                                   : std::nullopt);
    return;
  case 10:
    if (crashes_) {
      static const std::vector<std::string> actors{"metrics", "aggregator", "restarter", "services",
                                                   "group/root"};
      const auto actor = dice_.one_in(2) ? "probe/" + service : dice_.any_of(actors);
      say(actor + " crashes");
      daemon_->kill(actor);
    }
    return;
  default:
    if (persons_act_)
      person(service);
  }
}

void world_under_test::sicken(const std::string& service) {
  const auto& s = spec_of(service);
  truths_[service].fine_since.reset();
  if (is_process(s) && world_.children[service].pid) {
    const int code = dice_.up_to(1);
    say(service + " exits with " + std::to_string(code));
    world_.exits(service, code);
    daemon_->process_exited(service);
  } else if (const auto container = container_of(s); !container.empty()) {
    static const std::vector<io::container_fact::kind> ends{
      io::container_fact::kind::failed, io::container_fact::kind::ended,
      io::container_fact::kind::removed, io::container_fact::kind::unreachable};
    const auto how = dice_.any_of(ends);
    say(service + "'s container tells " + std::to_string(static_cast<int>(how)));
    world_.tells(container, {how, "told so"});
  } else if (!s.checks.empty()) {
    const auto how = dice_.up_to(3);
    say(service + (how == 0 ? " cannot be checked" : how == 1 ? " hangs" : " answers 500"));
    world_.hanging.erase("http://" + service);
    if (how == 0)
      world_.cannot_run("http://" + service, "out of sockets");
    else if (how == 1)
      world_.hangs("http://" + service);
    else
      world_.answers("http://" + service, 500);
  }
}

void world_under_test::heal(const std::string& service) {
  say(service + " is well");
  const auto& s = spec_of(service);
  world_.answers("http://" + service, 200);
  world_.hanging.erase("http://" + service);
  if (world_.hung.contains("http://" + service))
    world_.ends("http://" + service, world_.script["http://" + service]);
  if (!container_of(s).empty() && dice_.one_in(2))
    run_container(s);
}

/// Somebody does, whoever had stopped it.
void world_under_test::run_container(const service_spec& s) {
  truths_[s.name].before = supervision::running;
  world_.tells(container_of(s), {io::container_fact::kind::running, ""});
}

void world_under_test::person(const std::string& service) {
  static const std::vector<order> orders{order::restart, order::stop,   order::start, order::start,
                                         order::pause,   order::resume, order::resume};
  if (dice_.one_in(6)) {
    say("the config is changed and reloaded");
    spec_ = changed_spec(spec_, dice_);
    admitted_.clear();
    by_person_ = true;
    daemon_->reload(std::make_shared<const daemon_spec>(spec_));
    run();
    by_person_ = false;
    return;
  }
  const auto what = dice_.any_of(orders);
  by_person_ = true;
  const auto reply = give(service, what);
  by_person_ = false;
  say("a person orders " + std::string{to_string(what)} + " of " + service
      + (reply.what == order_answer::accepted ? "" : ": " + reply.message));
  if (reply.what != order_answer::accepted)
    return;
  if (what == order::restart || what == order::start)
    admitted_[group_of(service).name].clear(); // as documented
  truths_[service].fine_since.reset();
}

void world_under_test::release_one(bool ok) {
  if (world_.waiting.empty())
    return;
  auto next = world_.waiting.begin();
  std::advance(next, dice_.up_to(static_cast<int>(world_.waiting.size()) - 1));
  const auto service = next->first;
  if (is_process(spec_of(service))) // the kernel says how it is
    ok = last_ordered_[service] == io::operation::stop || world_.children[service].pid;
  say(service + "'s operation ends " + (ok ? "well" : "with an error"));
  world_.held.erase(service);
  world_.release(service, ok ? status{std::monostate{}} : status{error{"no reply"}});
}

/// Everything is well again, and so must all be that Reeve may touch.
void world_under_test::end_well() {
  say("everything is well again, for long");
  world_.held.clear();
  world_.failing.clear();
  daemon_->pressure_is(std::nullopt);
  for (const auto& s : spec_.services) {
    world_.answers("http://" + s.name, 200);
    world_.hanging.erase("http://" + s.name);
    if (world_.hung.contains("http://" + s.name))
      world_.ends("http://" + s.name, world_.script["http://" + s.name]);
    if (!container_of(s).empty())
      run_container(s);
  }
  while (!world_.waiting.empty()) {
    release_one(true);
    run();
  }
  for (int i = 0; i < 40 && broken_.empty(); ++i) {
    advance(30s);
    look();
  }
  for (const auto& s : spec_.services) {
    const auto p = picture(s.name);
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

// -- what was promised ---------------------------------------------------------------

void world_under_test::ordered(io::operation what, const service_spec& service) {
  static constexpr const char* words[] = {"stop", "start", "restart"};
  const auto& name = service.name;
  auto& truth = truths_[name];
  say("  ordered: " + std::string{words[static_cast<int>(what)]} + " " + name);
  const auto before = truth.before;
  if (!by_person_) {
    const bool brings_it_back = what != io::operation::stop; // a person's stop may come late
    expect(!brings_it_back || (before != supervision::paused && before != supervision::stopped),
           name + " is " + std::string{to_string(before)} + " by a person, and is restarted");
    if (what != io::operation::start && restarts_alone(name))
      expect(!truth.fine_since || now() - *truth.fine_since < 30s || persons_act_,
             name + " was well for half a minute, and is touched");
    if (what != io::operation::stop && now().time_since_epoch() > 1ms)
      begun_.push_back(now());
  }
  last_ordered_[name] = what;
  if (const auto container = container_of(service); !container.empty()) {
    if (what == io::operation::stop)
      world_.containers.erase(container);
    else if (!world_.failing.contains(name) && !world_.held.contains(name))
      world_.containers[container] = {io::container_fact::kind::running, ""};
  }
}

void world_under_test::look() {
  for (const auto& s : spec_.services)
    if (const auto p = picture(s.name); p && p->record)
      forget_windows_renewed(s.name, *p->record);
  for (const auto& s : spec_.services) {
    const auto p = picture(s.name);
    if (!p) {
      expect(false, s.name + " is not shown");
      continue;
    }
    look_at_decisions(s.name, *p);
    look_at_reasons(s.name, *p);
    auto& truth = truths_[s.name];
    truth.before = p->supervision;
    const bool fine = p->health == health::healthy && p->supervision == supervision::running
                      && world_.script["http://" + s.name].answer.status == 200
                      && !world_.hanging.contains("http://" + s.name);
    if (!fine)
      truth.fine_since.reset();
    else if (!truth.fine_since)
      truth.fine_since = now();
  }
  look_at_budget();
}

/// A group that escalated begins anew.
void world_under_test::forget_windows_renewed(const std::string& service,
                                              const restart_record& record) {
  const auto fresh =
    std::min<std::uint64_t>(record.total - truths_[service].decisions, record.newest.size());
  for (auto i = record.newest.size() - fresh; i < record.newest.size(); ++i)
    if (const auto* d = std::get_if<decision>(&record.newest[i].what);
        d != nullptr && d->what == decision::kind::escalate)
      renewed_ = now();
}

/// The window is counted once more, by what `explain` tells.
void world_under_test::look_at_decisions(const std::string& service, const service_picture& p) {
  if (!p.record)
    return;
  auto& truth = truths_[service];
  const auto fresh =
    std::min<std::uint64_t>(p.record->total - truth.decisions, p.record->newest.size());
  truth.decisions = p.record->total;
  const auto& group = group_of(service);
  for (auto i = p.record->newest.size() - fresh; i < p.record->newest.size(); ++i) {
    const auto* d = std::get_if<decision>(&p.record->newest[i].what);
    if (!d)
      continue;
    say("  decided: " + service + " " + std::string{to_string(d->what)} + ": " + d->reason + "; "
        + d->numbers);
    if (renewed_ == now())
      admitted_.clear();
    if (!was_admitted(*d))
      continue;
    auto& admitted = admitted_[group.name];
    admitted.push_back(now());
    const auto count = std::count_if(admitted.begin(), admitted.end(), [&](mono_time t) {
      return now() - t < group.intensity.within - 2s; // seen up to a second late
    });
    if (group.strategy == strategy::one_for_one && spec_.tree.strategy == strategy::one_for_one)
      expect(count <= group.intensity.restarts,
             service + " is restarted more often than its window allows");
  }
}

void world_under_test::look_at_budget() {
  if (!spec_.budget || persons_act_)
    return;
  const auto& limit = *spec_.budget;
  std::erase_if(begun_, [&](mono_time t) { return now() - t >= 60s; });
  if (limit.per_minute > 0 && spec_.tree.strategy == strategy::one_for_one
      && spec_.tree.children.size() == spec_.services.size())
    expect(static_cast<int>(begun_.size()) <= limit.per_minute,
           "more restarts in a minute than the budget allows");
  if (limit.concurrent > 0 && now().time_since_epoch() > 20s)
    expect(
      std::count_if(world_.waiting.begin(), world_.waiting.end(),
                    [&](const auto& w) { return last_ordered_[w.first] != io::operation::stop; })
        <= limit.concurrent,
      "more restarts at once than the budget allows");
}

/// Who is unhealthy is waiting, restarting, held or given up, and it is said why.
void world_under_test::look_at_reasons(const std::string& service, const service_picture& p) {
  const auto& s = spec_of(service);
  if (!has_target(s) || p.health != health::unhealthy)
    return;
  expect(p.supervision != supervision::running || container_of(s) != "",
         service + " is unhealthy, and nothing is done about it: " + p.reason);
  expect(!p.reason.empty(), service + " is unhealthy, and nobody knows why");
}

void world_under_test::look_at_metrics() {
  std::map<std::string, double> values;
  std::istringstream in{metrics()};
  for (std::string line; std::getline(in, line);) {
    const auto at = line.rfind(' ');
    if (line.starts_with("#") || at == std::string::npos)
      continue;
    values[line.substr(0, at)] = std::stod(line.substr(at + 1));
  }
  for (const auto& [name, value] : values) {
    const auto family = name.substr(0, name.find('{'));
    if (!family.ends_with("_total") && !family.ends_with("_count") && !family.ends_with("_bucket"))
      continue;
    auto& before = counters_[name];
    expect(value >= before, name + " went down");
    before = value;
  }
  for (const auto& s : spec_.services) {
    const auto p = picture(s.name);
    double restarts = 0;
    for (const auto& [name, value] : values)
      if (name.starts_with("reeve_service_restarts_total{service=\"" + s.name + "\""))
        restarts += value;
    expect(restarts == static_cast<double>(p->restarts),
           "aggregator and metrics disagree on the restarts of " + s.name);
    const auto given_up =
      values["reeve_service_given_up{service=\"" + s.name + "\",group=\"" + p->group + "\"}"];
    expect((given_up == 1) == (p->supervision == supervision::given_up),
           "aggregator and metrics disagree on whether " + s.name + " is given up");
  }
}

const service_spec& world_under_test::spec_of(const std::string& service) const {
  return *std::find_if(spec_.services.begin(), spec_.services.end(),
                       [&](const auto& s) { return s.name == service; });
}

const group_spec& world_under_test::group_of(const std::string& service) const {
  return *find_group(spec_.tree, service);
}

/// No other's failure may touch it.
bool world_under_test::restarts_alone(const std::string& service) const {
  return group_of(service).strategy == strategy::one_for_one
         && spec_.tree.strategy == strategy::one_for_one
         && group_of(service).on_exhausted == on_exhausted::give_up;
}

} // namespace reeve::actors::test
