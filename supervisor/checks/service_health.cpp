#include "supervisor/checks/service_health.hpp"

#include <algorithm>
#include <utility>

namespace reeve {

namespace {

thresholds limits_of(const check_spec& spec) {
  return {spec.unhealthy_after, spec.healthy_after, spec.start_period};
}

std::string presence_name(const service_spec& spec) {
  if (std::holds_alternative<process_spec>(spec.restart.target))
    return "process";
  return std::holds_alternative<docker_target>(spec.restart.target) ? "container" : "";
}

/// No docker check looks at the container that is the restart target.
bool container_counts(const service_spec& spec) {
  const auto* target = std::get_if<docker_target>(&spec.restart.target);
  return target && std::none_of(spec.checks.begin(), spec.checks.end(), [&](const check_spec& c) {
           const auto* docker = std::get_if<docker_check>(&c.target);
           return docker && docker->container == target->container;
         });
}

health_machine doubtful(const health_machine& before, const std::string& why) {
  auto machine = restarted(before.started);
  machine.health = health::unknown;
  machine.reason = why;
  return machine;
}

} // namespace

service_health::service_health(spec_ptr spec, mono_time now) {
  respec(std::move(spec), now);
  if (presence_name_ == "process")
    not_started("not started yet");
}

void service_health::respec(spec_ptr spec, mono_time now) {
  const auto old_spec = std::exchange(spec_, std::move(spec));
  const auto old_machines = std::exchange(machines_, {});
  has_liveness_ = false;
  for (const auto& check : spec_->checks) {
    machines_.push_back(restarted(now));
    for (std::size_t i = 0; i < old_machines.size(); ++i)
      if (old_spec->checks[i] == check)
        machines_.back() = old_machines[i];
    has_liveness_ = has_liveness_ || check.role == role::liveness;
  }
  presence_name_ = presence_name(*spec_);
  if (!container_counts(*spec_))
    container_.reset();
  else if (!container_)
    container_ = restarted(now);
  if (presence_name_.empty())
    run_ = run::up;
  if (presence_name_ != "container")
    unreachable_.reset();
}

void service_health::begin(mono_time now) {
  for (auto& machine : machines_)
    machine = restarted(now);
  if (container_)
    container_ = restarted(now);
  run_ = run::up;
  clean_ = false;
  down_reason_.clear();
  last_good_.reset();
  started_.reset();
}

void service_health::doubt(const std::string& why) {
  doubt_ = why;
  for (auto& machine : machines_)
    machine = doubtful(machine, why);
  if (container_)
    container_ = doubtful(*container_, why);
}

void service_health::trust() {
  doubt_.reset();
}

void service_health::checked(std::size_t index, const check_verdict& verdict, bool at_once,
                             mono_time now) {
  const auto& spec = spec_->checks[index];
  auto& machine = machines_[index];
  const bool fact =
    at_once || (tells_facts(spec.target) && verdict.result != check_result::unknown);
  machine = fact ? step_fact(machine, verdict, limits_of(spec), now).next
                 : step(machine, verdict, limits_of(spec), now).next;
  const bool good = verdict.result == check_result::ok || verdict.result == check_result::degraded;
  if (good && spec.role == role::liveness)
    last_good_ = now;
}

void service_health::starts(std::size_t check, const std::string& why, mono_time now) {
  auto& machine = machines_[check];
  if (machine.health != health::starting)
    machine = restarted(now);
  machine.reason = why;
}

const health_machine& service_health::machine(std::size_t check) const {
  return machines_[check];
}

void service_health::process_runs() {
  run_ = run::up;
}

void service_health::not_started(std::string why) {
  run_ = run::not_started;
  down_reason_ = std::move(why);
}

void service_health::could_not_start(std::string why) {
  run_ = run::failed_start;
  down_reason_ = std::move(why);
}

void service_health::gone(std::string reason, bool clean, mono_time now) {
  unreachable_.reset();
  if (run_ == run::up && !has_liveness_ && presence_name_ == "process")
    last_good_ = now; // without checks it is healthy for as long as it runs
  run_ = run::gone;
  clean_ = clean;
  engine_restarts_ = with_engine_ = false;
  down_reason_ = std::move(reason);
}

void service_health::gone_with_engine(std::string reason, mono_time now) {
  gone(std::move(reason), false, now);
  with_engine_ = true;
}

void service_health::gone_for_now(std::string reason, mono_time now) {
  gone(std::move(reason) + ", Docker restarts it", false, now);
  engine_restarts_ = true;
}

void service_health::frozen(std::string why) {
  unreachable_.reset();
  run_ = run::frozen;
  down_reason_ = std::move(why);
}

bool service_health::container_runs(const std::string& healthcheck, const std::string& why,
                                    wall_time started, mono_time now) {
  unreachable_.reset();
  const bool came_back = run_ != run::up || started_.value_or(started) != started;
  if (came_back)
    begin(now);
  started_ = started;
  if (!container_)
    return came_back;
  if (healthcheck == "unhealthy") {
    container_ = step_fact(*container_, {check_result::failed, why}, {}, now).next;
  } else if (healthcheck != "starting") {
    container_ = step_fact(*container_, {check_result::ok, ""}, {}, now).next;
    if (!has_liveness_)
      last_good_ = now;
  } else if (container_->health != health::starting) {
    container_ = restarted(now);
  }
  return came_back;
}

void service_health::engine_unreachable(std::string why) {
  unreachable_ = std::move(why);
}

void service_health::engine_reachable() {
  unreachable_.reset();
}

void service_health::rest(std::string why) {
  resting_ = std::move(why);
}

void service_health::rest_no_more() {
  resting_.reset();
}

bool service_health::is_restarted_by_engine() const {
  return run_ == run::gone && engine_restarts_;
}

bool service_health::is_frozen() const {
  return run_ == run::frozen;
}

bool service_health::is_unreachable() const {
  return unreachable_.has_value();
}

bool service_health::is_up() const {
  return run_ == run::up;
}

bool service_health::picture::tells_the_same(const picture& other) const {
  return health == other.health && liveness == other.liveness && check == other.check
         && alive == other.alive && clean == other.clean && with_engine == other.with_engine
         && (alive || reason == other.reason); // why it is down is a fact, not a wording
}

service_health::picture service_health::look() const {
  if (resting_)
    return {health::unknown, health::unknown, presence_name_, *resting_, 0, run_ == run::up};
  if (doubt_)
    return {health::unknown, health::unknown, "", *doubt_, 0, run_ == run::up};
  auto p = look_at_checks();
  if (run_ == run::gone) {
    const auto liveness = engine_restarts_ ? health::unknown : health::unhealthy;
    const bool failed = !is_uncounted(spec_->restart, clean_);
    p = {failed ? health::unhealthy : health::healthy,
         liveness,
         presence_name_,
         down_reason_,
         failed ? 1 : 0,
         false,
         clean_};
    p.with_engine = with_engine_;
  } else if (run_ == run::frozen) {
    p = {health::unknown, health::unknown, presence_name_, down_reason_};
  } else if (run_ == run::not_started) {
    p = {health::starting, health::starting, presence_name_, down_reason_, 0, false};
  } else if (run_ == run::failed_start) {
    p = {health::unhealthy, health::unknown, presence_name_, down_reason_, 1, false};
  }
  if (unreachable_) {
    p.liveness = health::unknown;
    if (p.health < health::unknown || run_ == run::gone) {
      p.health = health::unknown;
      p.check = presence_name_;
      p.reason = *unreachable_;
      p.failures = 0;
    }
  }
  p.last_good = last_good_;
  return p;
}

service_health::picture service_health::look_at_checks() const {
  picture p{health::healthy, health::healthy};
  for (std::size_t i = 0; i < machines_.size(); ++i)
    weigh(p, spec_->checks[i].name, machines_[i], spec_->checks[i].role == role::liveness);
  if (container_)
    weigh(p, "container", *container_, true);
  return p;
}

void service_health::weigh(picture& p, const std::string& name, const health_machine& m,
                           bool liveness) {
  if (liveness)
    p.liveness = worse(p.liveness, m.health);
  if (m.health <= p.health)
    return;
  p.health = m.health;
  p.check = name;
  p.reason = m.reason;
  p.failures = m.failures;
}

} // namespace reeve
