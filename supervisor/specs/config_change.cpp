#include "supervisor/specs/config_change.hpp"

#include "supervisor/text.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace reeve {

namespace {

void add(std::string& list, std::string_view name) {
  (list += list.empty() ? "" : ", ") += name;
}

} // namespace

std::string what_needs_a_restart(const daemon_spec& before, const daemon_spec& now) {
  std::string all;
  const auto compare = [&](const char* key, const auto& one, const auto& other) {
    if (one != other)
      add(all, key);
  };
  compare("server.listen", before.server.listen, now.server.listen);
  compare("server.health", before.server.fail_on, now.server.fail_on);
  compare("server.token_file", before.server.token_file, now.server.token_file);
  compare("server.orders", before.server.orders, now.server.orders);
  compare("docker.socket", before.docker.socket, now.docker.socket);
  compare("metrics.prefix", before.metrics_prefix, now.metrics_prefix);
  return all;
}

std::string what_changed(const daemon_spec& before, const daemon_spec& now) {
  std::map<std::string_view, const service_spec*> old;
  for (const auto& service : before.services)
    old[service.name] = &service;
  std::string fresh, changed, removed;
  for (const auto& service : now.services) {
    auto known = old.extract(service.name);
    if (known.empty())
      add(fresh, service.name);
    else if (*known.mapped() != service)
      add(changed, service.name);
  }
  for (const auto& [service, spec] : old)
    add(removed, service);
  auto text = counted(now.services.size(), "service");
  for (const auto& [what, list] :
       {std::pair{"; new: ", &fresh}, {"; changed: ", &changed}, {"; removed: ", &removed}})
    if (!list->empty())
      text += what + *list;
  if (before.tree != now.tree || before.budget != now.budget || before.hold != now.hold)
    text += "; the tree changed";
  return before == now ? text + "; nothing changed" : text;
}

std::string missing_now(const daemon_spec& before, const daemon_spec& now) {
  std::string names;
  for (const auto& old : before.services)
    if (std::none_of(now.services.begin(), now.services.end(),
                     [&](const service_spec& s) { return s.name == old.name; }))
      add(names, old.name);
  return names;
}

} // namespace reeve
