#pragma once

#include "supervisor/specs/service_spec.hpp"

#include <map>
#include <string>
#include <variant>

namespace reeve::actors {

/// Calls `f` for `group` and every group in it, outer ones first.
template <class F>
void for_each_group(const group_spec& group, const F& f) {
  f(group);
  for (const auto& child : group.children)
    if (const auto* inner = std::get_if<group_spec>(&child))
      for_each_group(*inner, f);
}

/// Each service's group.
inline std::map<std::string, std::string, std::less<>> groups_of_services(const group_spec& root) {
  std::map<std::string, std::string, std::less<>> groups;
  for_each_group(root, [&](const group_spec& group) {
    for (const auto& child : group.children)
      if (const auto* service = std::get_if<std::string>(&child))
        groups.emplace(*service, group.name);
  });
  return groups;
}

} // namespace reeve::actors
