#include "supervisor/checks/push_deadline.hpp"

#include "supervisor/text.hpp"

#include <algorithm>
#include <utility>

namespace reeve {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::string reason_of(const push_signal& signal) {
  auto reason = signal.exit_code ? "it told exit code " + std::to_string(*signal.exit_code)
                                 : std::string{"it told a failure"};
  return signal.message.empty() ? reason : reason + ": " + signal.message;
}

void end_run(push_record& record, mono_time now) {
  record.duration.reset();
  if (record.started)
    record.duration = duration_cast<milliseconds>(now - *record.started);
  record.started.reset();
  record.measured.reset();
}

/// The start of the run that must end in time, of those since `since`.
std::optional<mono_time> run_to_end(const push_record& record, mono_time since) {
  for (const auto& start : {record.measured, record.started})
    if (start && *start >= since)
      return start;
  return std::nullopt;
}

push_judgement failed(std::string reason) {
  return {{check_result::failed, std::move(reason)}, std::nullopt};
}

push_judgement missed(const push_record& record, const push_check& limits, mono_time base,
                      mono_time now) {
  const auto passed = describe(duration_cast<milliseconds>(now - base));
  auto reason =
    record.last_success == base ? "the last push came " + passed + " ago" : "no push for " + passed;
  reason += ", expected every " + describe(limits.period);
  if (limits.grace.count() > 0)
    reason += " with " + describe(limits.grace) + " of grace";
  return failed(std::move(reason));
}

} // namespace

push_record step(const push_record& before, const push_signal& signal, const push_check& limits,
                 mono_time now) {
  auto next = before;
  switch (signal.what) {
  case push_signal::kind::start:
    next.started = now;
    if (!next.measured || (limits.run.count() == 0 && now < *next.measured + limits.grace))
      next.measured = now;
    break;
  case push_signal::kind::success:
    end_run(next, now);
    next.last_success = now;
    next.failed.reset();
    break;
  case push_signal::kind::failure:
    end_run(next, now);
    next.failed = {now, reason_of(signal)};
    break;
  }
  return next;
}

push_judgement judge(const push_record& record, const push_check& limits, mono_time since,
                     mono_time now) {
  if (record.failed && record.failed->at >= since)
    return failed(record.failed->reason);
  const auto base = record.last_success ? std::max(*record.last_success, since) : since;
  auto deadline = base + limits.period + limits.grace;
  const auto run = run_to_end(record, since);
  const bool is_run_limited = limits.run.count() > 0;
  const bool began_in_time = is_run_limited && run && *run < deadline;
  if (now >= deadline && !began_in_time)
    return missed(record, limits, base, now);
  const auto longest = is_run_limited ? limits.run : limits.grace;
  if (run && longest.count() > 0) {
    deadline = began_in_time ? *run + longest : std::min(deadline, *run + longest);
    if (now >= deadline)
      return failed("the run that began " + describe(duration_cast<milliseconds>(now - *run))
                    + " ago has not ended, expected within " + describe(longest));
  }
  return {{}, deadline};
}

} // namespace reeve
