#include "actors/log_lines.hpp"

#include "supervisor/text.hpp"

#include <algorithm>

namespace reeve::actors {

namespace {

std::string in_brackets(const std::string& reason) {
  return reason.empty() ? "" : " (" + reason + ")";
}

/// `reason` without what was said before.
std::string new_part(const std::string& reason, const std::string& said) {
  if (said.empty() || !reason.starts_with(said))
    return reason;
  if (reason == said)
    return "";
  return reason.starts_with(said + "; ") ? reason.substr(said.size() + 2) : reason;
}

std::string attempt_of(const service_supervision& s) {
  if (s.restarts_in_window == 0 || s.restarts_in_window > s.limit.restarts)
    return "";
  return ", attempt " + std::to_string(s.restarts_in_window) + " of "
         + std::to_string(s.limit.restarts)
         + (s.shares_window ? " in group '" + s.group + "'" : "");
}

std::string in_time(const service_supervision& s, mono_time now) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(*s.next_restart - now);
  return "in " + describe(std::max(left, milliseconds{0}));
}

std::string giving_up(const service_supervision& s, const std::string& said, mono_time now) {
  const auto why = new_part(s.reason, said);
  const auto line = why.empty() ? std::string{"giving up"} : "giving up: " + why;
  if (s.hold != held_by::nothing)
    return line;
  if (s.next_restart)
    return line + "; one careful try " + in_time(s, now) + ", or now by `reeve restart`";
  return s.ends_reeve ? line : line + "; only `reeve restart` brings it back";
}

} // namespace

bool is_held_back(const service_supervision& s) {
  return s.hold == held_by::target || s.hold == held_by::dependency || s.hold == held_by::host
         || s.hold == held_by::predecessor;
}

std::string health_line(const health_changed& h) {
  auto line = h.origin.service + " " + std::string{to_string(h.to)};
  if (h.to == health::unhealthy && h.alive && h.failures > 1)
    line += " after " + std::to_string(h.failures) + " failures";
  if (h.to == health::healthy && h.from == health::unhealthy)
    line += " again";
  return line + in_brackets(h.reason);
}

std::string next_line(const service_supervision& s, const std::string& said, mono_time now) {
  switch (s.state) {
  case supervision::running:
    return "";
  case supervision::waiting:
    if (s.hold == held_by::predecessor)
      return s.reason;
    if (is_held_back(s))
      return joined("not restarted yet", new_part(s.reason, said), ": ");
    return "restarting " + (s.next_restart ? in_time(s, now) : "soon") + attempt_of(s);
  case supervision::restarting:
    return s.undecided ? "what to do is decided when its group has started"
                       : "restarting now" + attempt_of(s);
  case supervision::given_up:
    return giving_up(s, said, now);
  case supervision::paused:
    return "paused: not restarted";
  case supervision::ended:
    return "not restarted: " + new_part(s.reason, said);
  case supervision::stopped:
    return "stopped by a person: not restarted";
  }
  return "";
}

std::string supervision_line(const std::string& service, const service_supervision& s,
                             mono_time now) {
  switch (s.state) {
  case supervision::running:
    return service + " running";
  case supervision::waiting:
  case supervision::given_up:
    return service + " " + next_line(s, "", now)
           + (s.state == supervision::waiting && !is_held_back(s) ? in_brackets(s.reason) : "");
  case supervision::restarting:
  case supervision::paused:
  case supervision::ended:
  case supervision::stopped:
    return service + " " + std::string{to_string(s.state)} + in_brackets(s.reason);
  }
  return service;
}

std::string order_line(const std::string& service, order what, bool under_way) {
  switch (what) {
  case order::restart:
    return service + " restarting, by a person";
  case order::start:
    return service + " starting, by a person";
  case order::stop:
    return service + (under_way ? " stopping, by a person" : " stopped by a person");
  case order::pause:
    return service + " paused by a person";
  case order::resume:
    return service + " resumed by a person";
  }
  return "";
}

std::string escalation_line(const std::string& group, const std::string& reason,
                            const std::string& service) {
  const auto own = "group '" + group + "' is exhausted: ";
  const auto why = reason.starts_with(own) ? reason.substr(own.size()) : reason;
  const bool names_it = service.empty() || why.starts_with("group '");
  return "group '" + group + "' escalates: " + (names_it ? why : service + " failed (" + why + ")");
}

std::string operation_line(const std::string& service, const std::string& done,
                           std::chrono::milliseconds took, const std::string& problem) {
  if (!problem.empty())
    return service + " could not be " + done + ": " + problem;
  return service + " " + done + " in " + describe(took);
}

std::string joined(std::string line, const std::string& next, std::string_view between) {
  if (!next.empty())
    line.append(between).append(next);
  return line;
}

} // namespace reeve::actors
