#include "supervisor/checks/health_machine.hpp"

namespace reeve {

namespace {

void count_good(health_machine& m, health good, const check_verdict& verdict,
                const thresholds& limits) {
  m.unknowns = 0;
  m.failures = 0;
  ++m.successes;
  const bool was_good = m.counted == health::healthy || m.counted == health::degraded;
  if (was_good || m.successes >= limits.healthy_after) {
    m.counted = good;
    m.reason = verdict.reason;
  } else if (good == health::degraded) {
    m.reason = verdict.reason;
  }
}

void count_failure(health_machine& m, const check_verdict& verdict, const thresholds& limits,
                   mono_time now) {
  m.unknowns = 0;
  m.successes = 0;
  m.reason = verdict.reason;
  const bool starts = m.counted == health::starting && limits.start_period.count() > 0;
  if (starts && now - m.started < limits.start_period)
    return;
  if (++m.failures >= limits.unhealthy_after || starts) // then it has failed to start
    m.counted = health::unhealthy;
}

} // namespace

health_step step(const health_machine& machine, const check_verdict& verdict,
                 const thresholds& limits, mono_time now) {
  health_machine next = machine;
  switch (verdict.result) {
  case check_result::ok:
    count_good(next, health::healthy, verdict, limits);
    break;
  case check_result::degraded:
    count_good(next, health::degraded, verdict, limits);
    break;
  case check_result::failed:
    count_failure(next, verdict, limits, now);
    break;
  case check_result::unknown:
    ++next.unknowns;
    break;
  case check_result::skipped:
    return {next, false};
  }
  if (next.unknowns > 0
      && (next.unknowns >= limits.unhealthy_after || next.health == health::unknown)) {
    next.health = health::unknown;
    next.reason = verdict.reason;
  } else {
    next.health = next.counted;
  }
  if (next.health == health::healthy)
    next.reason.clear();
  return {next, next.health != machine.health};
}

health_step step_fact(const health_machine& machine, const check_verdict& fact,
                      const thresholds& limits, mono_time now) {
  return step(machine, fact, {1, 1, limits.start_period}, now);
}

bool is_fresh(const health_machine& machine) {
  return machine.failures == 0 && machine.successes == 0;
}

health_machine restarted(mono_time now) {
  health_machine machine;
  machine.started = now;
  return machine;
}

} // namespace reeve
