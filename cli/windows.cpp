#include "cli/windows.hpp"

#include "config/reachable.hpp"
#include "supervisor/restarts/restart_policy.hpp"
#include "supervisor/text.hpp"

#include <map>
#include <utility>
#include <vector>

namespace reeve::cli {

namespace {

using names = std::vector<std::string>;

std::string list_of(const names& all) {
  constexpr std::size_t most = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
    list += (i > 0 ? ", " : "") + all[i];
  if (all.size() > most)
    list += " and " + std::to_string(all.size() - most) + " more";
  return list;
}

std::string limit_text(const intensity& limit) {
  return std::to_string(limit.restarts) + (limit.restarts == 1 ? " restart" : " restarts")
         + " within " + describe(limit.within);
}

class window_list {
public:
  explicit window_list(const daemon_spec& spec) {
    for (const auto& s : spec.services)
      services_.emplace(s.name, &s);
    add(spec.tree);
  }

  std::string text() const {
    std::string lines;
    for (const auto& [limit, owners] : own_)
      lines += "  at most " + limit_text(limit) + (owners.size() == 1 ? " of " : " of each: ")
               + list_of(owners) + "\n";
    return lines + shared_;
  }

private:
  void add(const group_spec& group) {
    const bool is_shared = shares_window(group);
    names together;
    for (const auto& child : group.children) {
      const auto* inner = std::get_if<group_spec>(&child);
      const auto* service = inner ? nullptr : services_.at(std::get<std::string>(child));
      if (inner ? inner->on_exhausted != on_exhausted::escalate
                : !config::restarts_by_itself(service->restart))
        continue;
      const auto& limit = inner || is_shared ? group.intensity : service->restart.intensity;
      (is_shared ? together : owners_of(limit))
        .push_back(inner ? "group '" + inner->name + "'" : service->name);
    }
    if (!together.empty())
      shared_ += "  at most " + limit_text(group.intensity) + " in group '" + group.name
                 + "' together: " + list_of(together) + "\n";
    for (const auto& child : group.children)
      if (const auto* inner = std::get_if<group_spec>(&child))
        add(*inner);
  }

  names& owners_of(const intensity& limit) {
    for (auto& [known, owners] : own_)
      if (known == limit)
        return owners;
    return own_.emplace_back(limit, names{}).second;
  }

  std::map<std::string, const service_spec*> services_;
  std::vector<std::pair<intensity, names>> own_;
  std::string shared_;
};

} // namespace

std::string windows_text(const daemon_spec& spec) {
  return window_list{spec}.text();
}

} // namespace reeve::cli
