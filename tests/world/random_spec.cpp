#include "tests/world/random_spec.hpp"

#include <algorithm>

namespace reeve::actors::test {

namespace {

backoff_policy random_backoff(dice& d) {
  backoff_policy b;
  b.none = d.one_in(4);
  b.initial = d.any_of<std::chrono::milliseconds>({100ms, 1s, 10s});
  b.max = std::max<std::chrono::milliseconds>(b.initial,
                                              d.any_of<std::chrono::milliseconds>({1s, 30s, 5min}));
  b.jitter = d.one_in(2) ? 0 : 0.2;
  return b;
}

intensity random_intensity(dice& d) {
  return {d.up_to(4), d.any_of<std::chrono::milliseconds>({30s, 2min, 10min})};
}

service_spec random_service(const std::string& name, dice& d) {
  service_spec s;
  switch (d.up_to(3)) {
  case 0:
    s = process_service(name);
    break;
  case 1:
    s = container_service(name);
    break;
  default:
    s = web_service(name);
  }
  if (!s.checks.empty()) {
    auto& check = s.checks.front();
    check.interval = d.any_of<std::chrono::milliseconds>({2s, 5s, 10s});
    check.timeout = 1s;
    check.unhealthy_after = 1 + d.up_to(2);
    check.healthy_after = 1 + d.up_to(1);
    check.start_period = d.any_of<std::chrono::milliseconds>({0s, 0s, 8s});
    if (d.one_in(6))
      s.restart.target = {}; // only watched
    else if (d.one_in(4)) {
      s.restart.attempts = 1 + d.up_to(1);
      s.restart.further = {{exec_target{{}, {}, {"mend"}}, 1}, {exec_target{{}, {}, {"page"}}, 0}};
    }
  }
  s.restart.backoff = random_backoff(d);
  s.restart.intensity = random_intensity(d);
  s.restart.clean_exit = d.one_in(4) ? clean_exit::uncounted : clean_exit::counted;
  s.restart.type = d.any_of<restart_type>({restart_type::permanent, restart_type::permanent,
                                           restart_type::permanent, restart_type::transient,
                                           restart_type::temporary});
  return s;
}

void random_policy(group_spec& g, dice& d) {
  g.strategy = d.any_of<strategy>(
    {strategy::one_for_one, strategy::one_for_one, strategy::one_for_all, strategy::rest_for_one});
  g.intensity = random_intensity(d);
  g.intensity_is_written = d.one_in(2);
  g.on_exhausted = on_exhausted::give_up;
  g.cooldown = d.any_of<std::chrono::milliseconds>({1min, 5min});
}

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

} // namespace

daemon_spec random_spec(dice& d) {
  daemon_spec spec;
  spec.tree.name = "root";
  random_policy(spec.tree, d);
  group_spec* group = &spec.tree;
  const int services = 2 + d.up_to(6);
  spec.tree.children.reserve(static_cast<std::size_t>(services) + 1);
  for (int i = 0; i < services; ++i) {
    auto s = random_service("s" + std::to_string(i), d);
    for (int before = 0; before < i; ++before)
      if (d.one_in(4))
        s.depends_on.push_back("s" + std::to_string(before));
    if (group == &spec.tree && i > 0 && d.one_in(4)) {
      group_spec inner;
      inner.name = "inner";
      random_policy(inner, d);
      if (d.one_in(2))
        inner.on_exhausted = on_exhausted::escalate;
      group = &std::get<group_spec>(spec.tree.children.emplace_back(std::move(inner)));
    }
    group->children.emplace_back(s.name);
    spec.services.push_back(std::move(s));
  }
  if (d.one_in(3))
    spec.budget = budget_spec{d.up_to(2), 1 + d.up_to(5)};
  return spec;
}

daemon_spec changed_spec(daemon_spec spec, dice& d) {
  auto& s =
    spec.services[static_cast<std::size_t>(d.up_to(static_cast<int>(spec.services.size()) - 1))];
  switch (d.up_to(4)) {
  case 0:
    s.restart.backoff = random_backoff(d);
    break;
  case 1:
    s.depends_on.clear();
    break;
  case 2:
    spec.tree.intensity.restarts = d.up_to(5);
    break;
  case 3:
    spec.budget.reset();
    break;
  case 4:
    if (auto* process = std::get_if<process_spec>(&s.restart.target))
      process->command.push_back("--again");
    else
      s.description += "!";
    break;
  }
  return spec;
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

const service_spec& service_of(const daemon_spec& spec, const std::string& name) {
  return *std::find_if(spec.services.begin(), spec.services.end(),
                       [&](const auto& s) { return s.name == name; });
}

const group_spec& group_of(const daemon_spec& spec, const std::string& service) {
  return *find_group(spec.tree, service);
}

} // namespace reeve::actors::test
