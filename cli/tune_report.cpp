#include "cli/tune_report.hpp"

#include "cli/table.hpp"
#include "config/duration.hpp"
#include "supervisor/restarts/restart_policy.hpp"
#include "supervisor/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace reeve::cli {

namespace {

using config::format_duration;

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 100 && value != std::floor(value) ? "%.1f" : "%.0f",
                value);
  return text;
}

std::string plain_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string share_text(double share) {
  if (share <= 0)
    return "never";
  return share >= 1 ? "always" : short_number(share * 100) + " %";
}

std::string backoff_yaml(const backoff_policy& b) {
  if (b.none)
    return "none";
  return "{initial: " + format_duration(b.initial) + ", factor: " + plain_number(b.factor)
         + ", max: " + format_duration(b.max) + ", jitter: " + plain_number(b.jitter) + "}";
}

/// Down from `group` to the one in which `service` stands; false: it is not in there.
bool append_tree(std::string& out, const group_spec& group, const std::string& service,
                 const std::string& policy, const std::string& indent) {
  for (const auto& child : group.children) {
    if (const auto* name = std::get_if<std::string>(&child)) {
      if (*name != service)
        continue;
      for (std::size_t at = 0; at < policy.size();) {
        const auto end = policy.find('\n', at) + 1;
        out += indent + policy.substr(at, end - at);
        at = end;
      }
      return true;
    }
    const auto& inner = std::get<group_spec>(child);
    std::string deeper = indent + "children:\n" + indent + "  - group: " + inner.name + "\n";
    if (append_tree(deeper, inner, service, policy, indent + "    ")) {
      out += deeper;
      return true;
    }
  }
  return false;
}

/// The present policy, then those worth a look by their restarts, then the peers.
std::vector<std::size_t> in_order_of_table(const tune_report& report) {
  std::vector<std::size_t> ours, peers;
  for (std::size_t i = 1; i < report.policies.size(); ++i) {
    const auto& p = report.policies[i];
    if (p.peer)
      peers.push_back(i);
    else if (p.on_front || i == report.pick)
      ours.push_back(i);
  }
  std::stable_sort(ours.begin(), ours.end(), [&](auto a, auto b) {
    return report.policies[a].score.restarts < report.policies[b].score.restarts;
  });
  ours.insert(ours.begin(), 0);
  ours.insert(ours.end(), peers.begin(), peers.end());
  return ours;
}

std::vector<cell> row_of(const tuned_policy& p, bool is_pick) {
  const auto& s = p.score;
  const auto shade = is_pick ? colour::good : p.peer ? colour::faint : colour::plain;
  return {{is_pick      ? ">"
           : p.on_front ? "*"
                        : "",
           shade},
          {p.name, shade},
          {seconds_text(s.late_mean), shade},
          {seconds_text(s.late_max), shade},
          {short_number(s.restarts), shade},
          {share_text(s.gave_up), s.gave_up > 0 ? colour::bad : shade}};
}

} // namespace

std::string headline(const tune_report& report) {
  const auto ours = std::count_if(report.policies.begin(), report.policies.end(),
                                  [](const auto& p) { return p.peer == nullptr; });
  const auto failures = short_number(report.policies.front().score.failures);
  auto text = "'" + report.service + "' in " + printable(report.scenario) + ": " + failures
              + (failures == "1" ? " failure" : " failures") + " a run, "
              + counted(report.seeds, "run") + " of " + std::to_string(ours) + " policies";
  if (report.spread > 0)
    text += ", outages up to " + short_number(report.spread * 100) + " % shorter or longer";
  return text;
}

std::string seconds_text(double seconds) {
  return describe(std::chrono::milliseconds{std::llround(seconds * 1e3)});
}

std::string name_of(const policy_choice& c) {
  const auto& b = c.backoff;
  std::string text = "at once";
  if (!b.none && (b.factor == 1 || b.initial == b.max))
    text = "every " + format_duration(b.initial);
  else if (!b.none)
    text =
      format_duration(b.initial) + " x " + plain_number(b.factor) + " to " + format_duration(b.max);
  return text + "; " + std::to_string(c.intensity.restarts) + " in "
         + format_duration(c.intensity.within) + ", " + std::string{to_string(c.on_exhausted)};
}

std::string yaml_of(const policy_choice& c, const daemon_spec& spec, const std::string& service) {
  const auto limit = "intensity: {restarts: " + std::to_string(c.intensity.restarts)
                     + ", within: " + format_duration(c.intensity.within) + "}\n";
  const auto exhausted = "on_exhausted: " + std::string{to_string(c.on_exhausted)} + "\n";
  const auto& group = group_of(spec, service);
  const bool is_shared = shares_window(group);
  auto text =
    "services:\n  " + service + ":\n    restart:\n      backoff: " + backoff_yaml(c.backoff) + "\n";
  if (!is_shared)
    text += "      " + limit;
  if (!is_shared && c.on_exhausted == group.on_exhausted)
    return text;
  text += "tree:\n";
  append_tree(text, spec.tree, service, (is_shared ? limit : "") + exhausted, "  ");
  return text;
}

std::string reason_of(const tune_report& report) {
  const auto& best = report.policies[report.pick].score;
  const auto& now = report.policies.front().score;
  const auto told = [](const policy_score& s) {
    const auto often = share_text(s.gave_up);
    const bool is_word = s.gave_up <= 0 || s.gave_up >= 1;
    return seconds_text(s.late_mean) + " of extra downtime a failure and "
           + short_number(s.restarts) + " restarts a run, and "
           + (is_word ? often + " gives up" : "gives up in " + often + " of the runs");
  };
  if (report.pick == 0)
    return "Keep what you have: it costs " + told(now)
           + ", and nothing that gives up as seldom costs less of both.";
  return "It costs " + told(best) + "; the present one costs " + told(now) + ".";
}

void print_tuning(const tune_report& report, std::ostream& out) {
  std::vector<std::vector<cell>> rows;
  for (const auto i : in_order_of_table(report))
    rows.push_back(row_of(report.policies[i], i == report.pick));
  out << headline(report) << "\n\n"
      << render_table({"", "POLICY", "EXTRA DOWNTIME, MEAN", "MAX", "RESTARTS", "GAVE UP"}, rows,
                      stdout_wants_colour())
      << "\n> the pick   * no other of ours is better in one column without being worse in "
         "another\n"
         "Extra downtime is what passes between the end of an outage and being healthy again.\n\n"
      << report.yaml << "\n# " << reason_of(report) << '\n';
}

void print_tuning_json(const tune_report& report, std::ostream& out) {
  auto policies = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < report.policies.size(); ++i) {
    const auto& p = report.policies[i];
    nlohmann::ordered_json row{{"policy", p.name},
                               {"kind", p.peer   ? "peer"
                                        : i == 0 ? "present"
                                                 : "candidate"},
                               {"extra_downtime_mean_s", p.score.late_mean},
                               {"extra_downtime_max_s", p.score.late_max},
                               {"restarts", p.score.restarts},
                               {"gave_up", p.score.gave_up},
                               {"pareto", p.on_front}};
    if (p.peer)
      row["source"] = p.peer->source;
    policies.push_back(std::move(row));
  }
  const nlohmann::ordered_json all{{"service", report.service},
                                   {"seeds", report.seeds},
                                   {"spread", report.spread},
                                   {"policies", std::move(policies)},
                                   {"pick", report.policies[report.pick].name},
                                   {"yaml", report.yaml},
                                   {"why", reason_of(report)}};
  out << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

} // namespace reeve::cli
