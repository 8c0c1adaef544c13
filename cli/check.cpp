#include "cli/absences.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "http/client.hpp"
#include "io/checks/check_engine.hpp"
#include "io/docker/docker_engine.hpp"
#include "io/loop/file_limit.hpp"
#include "io/loop/loop.hpp"
#include "io/processes/child_processes.hpp"
#include "supervisor/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace reeve::cli {

namespace {

struct checked {
  const service_spec* service;
  const check_spec* spec = nullptr; // none: a service without a check
  std::unique_ptr<io::check> check;
  reeve::health health = health::unknown;
  std::string reason;
  std::chrono::milliseconds took{0};
  bool excused = false; // nothing can be expected of it
};

// One run decides here: thresholds are for the daemon.
health health_after(const check_verdict& verdict) {
  switch (verdict.result) {
  case check_result::ok:
    return health::healthy;
  case check_result::degraded:
    return health::degraded;
  case check_result::failed:
    return health::unhealthy;
  case check_result::unknown:
  case check_result::skipped:
    return health::unknown;
  }
  return health::unknown;
}

std::vector<checked> chosen(const daemon_spec& spec, const std::vector<std::string>& names) {
  std::vector<checked> all;
  for (const auto& service : spec.services) {
    if (!names.empty() && std::find(names.begin(), names.end(), service.name) == names.end())
      continue;
    for (const auto& check : service.checks)
      all.push_back({&service, &check, nullptr});
    if (service.checks.empty())
      all.push_back({&service, nullptr, nullptr});
  }
  return all;
}

void run_all(const daemon_spec& spec, std::vector<checked>& all) {
  io::loop loop;
  io::docker_engine docker{loop, spec.docker.socket};
  io::check_engine engine{loop, &docker};
  std::size_t open = 0;
  for (auto& one : all) {
    if (one.spec == nullptr)
      continue;
    ++open;
    one.check = engine.make(*one.spec);
    one.check->run(
      [&loop, &open, &one, began = std::chrono::steady_clock::now()](check_outcome outcome) {
        auto verdict = judge(one.spec->expect, outcome);
        one.health = health_after(verdict);
        one.reason = verdict.reason;
        one.took =
          std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
        if (--open == 0)
          loop.stop();
      });
  }
  if (open > 0)
    loop.run();
  for (auto& one : all)
    one.check.reset();
}

bool is_process(const service_spec& service) {
  return std::holds_alternative<process_spec>(service.restart.target);
}

/// What keeps a process from being started is known before it is.
void look_at_processes(const daemon_spec& spec, std::vector<checked>& all) {
  for (const auto& absence : find_absences(spec))
    for (auto& one : all)
      if (one.service->name == absence.service && absence.place.starts_with("process.")) {
        one.health = health::unhealthy;
        one.excused = false;
        one.reason = absence.what;
      }
}

/// Without a Reeve that runs it, a process does not answer: that says nothing about it.
void excuse_processes(const std::string& config, std::vector<checked>& all) {
  const auto excusable = [](const checked& one) {
    return one.spec != nullptr && one.health == health::unhealthy && is_process(*one.service);
  };
  if (std::none_of(all.begin(), all.end(), excusable))
    return;
  const auto daemon = find_daemon_or_complain("", config);
  if (daemon && http::ask(daemon->url, "GET", "/livez", std::chrono::seconds{2}))
    return;
  for (auto& one : all)
    if (excusable(one)) {
      one.health = health::unknown;
      one.excused = true;
      one.reason += " (no Reeve runs its process now; `reeve run` starts it)";
    }
}

void print_json(const std::vector<checked>& all) {
  auto list = nlohmann::json::array();
  for (const auto& one : all) {
    nlohmann::json row{{"service", one.service->name}};
    if (one.spec == nullptr && one.health == health::unhealthy) {
      row["health"] = to_string(one.health);
      row["reason"] = one.reason;
    } else if (one.spec != nullptr) {
      row["check"] = one.spec->name;
      row["kind"] = kind_of(one.spec->target);
      row["health"] = to_string(one.health);
      row["latency_ms"] = one.took.count();
      if (!one.reason.empty())
        row["reason"] = one.reason;
    }
    list.push_back(std::move(row));
  }
  std::cout << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_table(const std::vector<checked>& all) {
  std::vector<std::vector<cell>> rows;
  for (const auto& one : all) {
    if (one.spec == nullptr) {
      const bool broken = one.health == health::unhealthy;
      const auto health = broken ? std::string{to_string(one.health)} : "-";
      rows.push_back({{one.service->name},
                      {"-", colour::faint},
                      {health, broken ? colour_of_health(health) : colour::faint},
                      {""},
                      broken ? cell{printable(one.reason)}
                             : cell{"has no check: it is healthy while it runs", colour::faint}});
      continue;
    }
    auto health = std::string{to_string(one.health)};
    rows.push_back({{one.service->name},
                    {one.spec->name},
                    {health, colour_of_health(health)},
                    {describe(one.took)},
                    {one.reason}});
  }
  std::cout << render_table({"SERVICE", "CHECK", "HEALTH", "TOOK", "REASON"}, rows,
                            stdout_wants_colour());
}

} // namespace

int check(const std::string& config, const std::vector<std::string>& names, bool json) {
  auto good = load_or_complain(config);
  if (!good)
    return exit_code::bad_config;
  std::vector<std::string> known;
  for (const auto& service : good->spec.services)
    known.push_back(service.name);
  for (const auto& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    std::cerr << "no service '" << name << "'" << did_you_mean(name, known)
              << (name.ends_with(".yaml") || name.ends_with(".yml")
                    ? "; a config file is given as -c " + name
                    : std::string{})
              << '\n';
    return exit_code::bad_config;
  }
  io::raise_file_limit();
  auto all = chosen(good->spec, names);
  run_all(good->spec, all);
  excuse_processes(config, all);
  look_at_processes(good->spec, all);
  json ? print_json(all) : print_table(all);
  bool fine = std::all_of(all.begin(), all.end(), [](const checked& one) {
    return one.health <= health::degraded || one.excused
           || (one.spec == nullptr && one.health == health::unknown);
  });
  return fine ? exit_code::ok : exit_code::negative;
}

} // namespace reeve::cli
