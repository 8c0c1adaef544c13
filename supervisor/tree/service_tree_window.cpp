#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree_state.hpp"

#include <algorithm>

namespace reeve {

namespace {

constexpr std::size_t most_named = 5;

/// Who stands in the window how often: the most first.
std::vector<std::pair<std::string, int>> users_of(const restart_window& window, mono_time since) {
  std::vector<std::pair<std::string, int>> users;
  for (const auto& e : window.entries()) {
    if (e.at < since || e.by.empty())
      continue;
    const auto known =
      std::find_if(users.begin(), users.end(), [&](const auto& u) { return u.first == e.by; });
    if (known == users.end())
      users.emplace_back(e.by, 1);
    else
      ++known->second;
  }
  std::stable_sort(users.begin(), users.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return users;
}

/// " (4 of backend, 2 of worker)"; empty if it was `n` alone.
std::string users_beside(const tree_node& n, const restart_window& window, mono_time since) {
  const auto users = users_of(window, since);
  if (users.empty() || (users.size() == 1 && users.front().first == n.name))
    return "";
  std::string list;
  for (std::size_t i = 0; i < std::min(users.size(), most_named); ++i)
    list += (i > 0 ? ", " : "") + std::to_string(users[i].second) + " of " + users[i].first;
  if (users.size() > most_named)
    list += " and others";
  return " (" + list + ")";
}

} // namespace

tree_node* sharing_group(const tree_node& n) {
  return shares_window(*n.parent->spec) ? n.parent : nullptr;
}

const intensity& limit_of(const tree_node& n) {
  return n.is_group || sharing_group(n) ? n.parent->spec->intensity : n.restart->intensity;
}

const restart_window& window_of(const tree_node& n) {
  const auto* group = sharing_group(n);
  return group ? group->shared_window : n.own_window;
}

restart_window& window_of(tree_node& n) {
  auto* group = sharing_group(n);
  return group ? group->shared_window : n.own_window;
}

counting_window counting_window_of(tree_node& n) {
  const auto* group = sharing_group(n);
  if (!group)
    return {limit_of(n), n.own_window};
  return {limit_of(n), window_of(n), group->name, n.name};
}

std::string too_many(const tree_node& n, mono_time now, naming named) {
  const auto& limit = limit_of(n);
  auto text = describe_excess(limit);
  if (const auto* group = sharing_group(n)) {
    if (named == naming::full)
      text += " in group '" + group->name + "'";
    return text + users_beside(n, group->shared_window, now - limit.within);
  }
  return n.is_group ? text + " of group '" + n.name + "'" : text;
}

} // namespace reeve
