#pragma once

#include "supervisor/specs/daemon_spec.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reeve {

/// Random configs. A name always stands for the same kind of target.
class spec_maker {
public:
  explicit spec_maker(std::mt19937_64& random) : random_{random} {
  }

  int pick(int first, int last) {
    return std::uniform_int_distribution{first, last}(random_);
  }

  daemon_spec make(bool may_escalate) {
    daemon_spec spec;
    may_escalate_ = may_escalate;
    next_group_ = 0;
    std::vector<std::string> names;
    for (char c = 'a'; c < 'a' + 8; ++c)
      if (pick(0, 4) > 0)
        names.emplace_back(1, c);
    if (names.empty())
      names.emplace_back("a");
    std::shuffle(names.begin(), names.end(), random_);
    for (const auto& name : names) {
      auto s = service(name);
      for (const auto& before : spec.services)
        if (pick(0, 5) == 0)
          s.depends_on.push_back(before.name);
      spec.services.push_back(std::move(s));
    }
    if (pick(0, 2) == 0)
      spec.budget = budget_spec{pick(0, 2), pick(1, 5)};
    spec.tree = group("root", names, 0);
    return spec;
  }

  static bool is_process(const std::string& name) {
    return name < "d";
  }
  static bool is_watched(const std::string& name) {
    return name == "h";
  }

private:
  service_spec service(const std::string& name) {
    service_spec s;
    s.name = name;
    if (is_process(name))
      s.restart.target = process_spec{{name, std::to_string(pick(0, 1))}, {}, {}, 15, {}};
    else if (name == "g")
      s.restart.target = exec_target{{}, {}, {"restart"}};
    else if (!is_watched(name))
      s.restart.target = docker_target{name};
    s.restart.type = static_cast<restart_type>(std::max(0, pick(-2, 2)));
    s.restart.backoff = {pick(0, 1) == 0, std::chrono::seconds{1}, 2, std::chrono::seconds{10},
                         0.2};
    s.restart.clean_exit = pick(0, 3) == 0 ? clean_exit::uncounted : clean_exit::counted;
    s.restart.intensity = {pick(0, 4), std::chrono::seconds{pick(1, 60)}};
    return s;
  }

  group_spec group(const std::string& name, const std::vector<std::string>& names, int depth) {
    group_spec g;
    g.name = name;
    g.strategy = static_cast<strategy>(pick(0, 2));
    g.intensity = {pick(0, 4), std::chrono::seconds{pick(1, 60)}};
    g.on_exhausted = static_cast<on_exhausted>(may_escalate_ ? pick(0, 1) : 0);
    g.cooldown = std::chrono::seconds{pick(0, 30)};
    g.type = static_cast<restart_type>(std::max(0, pick(-2, 2)));
    g.intensity_is_written = pick(0, 1) == 0;
    for (std::size_t i = 0; i < names.size();) {
      const auto size = static_cast<std::size_t>(pick(1, 3));
      if (depth == 2 || pick(0, 2) > 0) {
        g.children.emplace_back(names[i++]);
        continue;
      }
      const auto end = std::min(names.size(), i + size);
      g.children.emplace_back(group("g" + std::to_string(next_group_++),
                                    {names.begin() + static_cast<std::ptrdiff_t>(i),
                                     names.begin() + static_cast<std::ptrdiff_t>(end)},
                                    depth + 1));
      i = end;
    }
    return g;
  }

  std::mt19937_64& random_;
  bool may_escalate_ = false;
  int next_group_ = 0;
};

inline std::vector<std::string> start_order(const group_spec& group) {
  std::vector<std::string> order;
  for (const auto& child : group.children) {
    if (const auto* name = std::get_if<std::string>(&child)) {
      order.push_back(*name);
      continue;
    }
    const auto inner = start_order(std::get<group_spec>(child));
    order.insert(order.end(), inner.begin(), inner.end());
  }
  return order;
}

inline const group_spec* find_group(const group_spec& group, const std::string& name) {
  if (group.name == name)
    return &group;
  for (const auto& child : group.children)
    if (const auto* inner = std::get_if<group_spec>(&child))
      if (const auto* found = find_group(*inner, name))
        return found;
  return nullptr;
}

} // namespace reeve
