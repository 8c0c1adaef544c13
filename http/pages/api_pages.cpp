#include "http/pages/json_text.hpp"
#include "http/pages/pages.hpp"
#include "supervisor/facts/verdict.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace reeve::http {

namespace {

using json = nlohmann::ordered_json;

void put_time(json& to, const char* key, std::optional<wall_time> t) {
  if (t && *t != wall_time{})
    to[key] = rfc3339(*t);
}

void put_latency(json& to, const check_picture& check) {
  if (check.last_check)
    to["latency_ms"] = static_cast<double>(check.latency.count()) / 1000;
}

json check_json(const check_picture& check) {
  json out;
  out["name"] = check.name;
  out["kind"] = std::string{check.kind};
  out["role"] = std::string{check.role};
  out["health"] = to_string(check.health);
  out["reason"] = check.reason;
  put_time(out, "since", check.since);
  put_time(out, "last_check", check.last_check);
  put_latency(out, check);
  put_time(out, "next_check", check.next_check);
  return out;
}

const check_picture* newest_of(const service_picture& service) {
  const auto found =
    std::max_element(service.checks.begin(), service.checks.end(),
                     [](const auto& a, const auto& b) { return a.last_check < b.last_check; });
  return found == service.checks.end() ? nullptr : &*found;
}

std::optional<wall_time> next_check_of(const service_picture& service) {
  std::optional<wall_time> next;
  for (const auto& check : service.checks)
    if (check.next_check && (!next || *check.next_check < *next))
      next = check.next_check;
  return next;
}

json intensity_json(const intensity& limit) {
  const std::chrono::duration<double> within = limit.within;
  return {{"restarts", limit.restarts}, {"within_seconds", within.count()}};
}

void put_window(json& to, const std::optional<window_view>& window) {
  if (!window)
    return;
  to["intensity"] = intensity_json(window->intensity);
  to["restarts_in_window"] = window->restarts;
}

json leaf_json(const service_view& leaf, const snapshot_ptr& now) {
  json out{{"service", leaf.name}};
  if (const auto service = now ? now->find(leaf.name) : nullptr) {
    out["health"] = to_string(shown_health(*service));
    out["supervision"] = to_string(service->supervision);
  }
  put_window(out, leaf.window);
  return out;
}

json group_json(const group_view& group, const snapshot_ptr& now) {
  json out;
  out["group"] = group.name;
  out["strategy"] = to_string(group.strategy);
  put_window(out, group.window);
  auto children = json::array();
  for (const auto& child : group.children)
    children.push_back(child.index() == 0 ? leaf_json(std::get<0>(child), now)
                                          : group_json(std::get<1>(child), now));
  out["children"] = std::move(children);
  return out;
}

json actor_json(const actor_view& actor) {
  json out{{"name", actor.name}};
  if (!actor.strategy.empty())
    out["strategy"] = actor.strategy;
  out["respawns"] = actor.respawns;
  if (actor.children.empty())
    return out;
  auto children = json::array();
  for (const auto& child : actor.children)
    children.push_back(actor_json(child));
  out["children"] = std::move(children);
  return out;
}

const group_spec* find_group(const group_spec& in, std::string_view name) {
  if (in.name == name)
    return &in;
  for (const auto& child : in.children)
    if (const auto* group = std::get_if<group_spec>(&child))
      if (const auto* found = find_group(*group, name))
        return found;
  return nullptr;
}

/// Calls with each group and each service's name.
template <class Group, class Service>
void walk(const group_spec& in, Group&& on_group, Service&& on_service) {
  on_group(in.name);
  for (const auto& child : in.children)
    if (const auto* group = std::get_if<group_spec>(&child))
      walk(*group, on_group, on_service);
    else
      on_service(std::get<std::string>(child));
}

std::shared_ptr<const group_spec> tree_of(const hooks& from) {
  return from.groups ? from.groups() : nullptr;
}

std::string sentence_of(const decision& d) {
  return d.reason + (d.reason.empty() || d.numbers.empty() ? "" : "; ") + d.numbers;
}

json entry_json(const wall_time& at, const decision& d) {
  json out{{"at", rfc3339(at)}, {"decision", to_string(d.what)}, {"reason", d.reason}};
  out["explanation"] = sentence_of(d);
  out["delay_ms"] = d.delay.count();
  out["attempt"] = d.attempt;
  out["restarts_in_window"] = d.restarts_in_window;
  out["intensity"] = intensity_json(d.limit);
  return out;
}

json entry_json(const wall_time& at, const restart_judged& j) {
  return {{"at", rfc3339(at)},
          {"decision", "outcome"},
          {"outcome", to_string(j.what)},
          {"after_ms", j.after.count()},
          {"explanation", describe(j)}};
}

} // namespace

std::string decisions_text(const service_picture& service) {
  json out{{"service", service.name}};
  auto all = json::array();
  if (service.record)
    for (const auto& entry : service.record->newest)
      all.push_back(
        std::visit([&](const auto& what) { return entry_json(entry.at, what); }, entry.what));
  out["decisions"] = std::move(all);
  return to_text(out);
}

std::string service_text(const service_picture& service) {
  json out;
  out["name"] = service.name;
  out["group"] = service.group;
  if (!service.description.empty())
    out["description"] = service.description;
  out["health"] = to_string(shown_health(service));
  out["supervision"] = to_string(service.supervision);
  out["reason"] = service.reason;
  put_time(out, "since", service.since);
  if (const auto* newest = newest_of(service)) {
    put_time(out, "last_check", newest->last_check);
    put_latency(out, *newest);
  }
  out["restarts"] = service.restarts;
  if (service.record && service.record->last_outcome) {
    const auto& last = *service.record->last_outcome;
    const auto& judged = std::get<restart_judged>(last.what);
    out["last_outcome"] = {{"at", rfc3339(last.at)},
                           {"outcome", to_string(judged.what)},
                           {"after_ms", judged.after.count()}};
  }
  put_time(out, "next_check", next_check_of(service));
  put_time(out, "next_restart", service.next_restart);
  out["attempt"] = service.attempt;
  out["labels"] = json::object();
  for (const auto& [key, value] : service.labels)
    out["labels"][key] = value;
  auto checks = json::array();
  for (const auto& check : service.checks)
    checks.push_back(check_json(check));
  out["checks"] = std::move(checks);
  return to_text(out);
}

answer service_list_page::show(const snapshot_ptr& now) {
  const auto shown = now ? now : std::make_shared<const snapshot>();
  if (!text_ || shown != of_) {
    std::vector<std::string> each(shown->size());
    std::string text = "{\"services\":[";
    for (std::size_t i = 0; i < shown->size(); ++i) {
      // The old snapshot is still held: the same address is the same picture.
      const bool same = of_ && i < of_->size() && &of_->at(i) == &shown->at(i);
      each[i] = same ? std::move(each_[i]) : service_text(shown->at(i));
      text.append(i == 0 ? "" : ",").append(each[i]);
    }
    each_ = std::move(each);
    text_ = std::make_shared<const std::string>(text.append("]}"));
    of_ = shown;
  }
  answer a;
  a.shared = text_;
  return a;
}

std::string tree_text(const tree_view& tree, const snapshot_ptr& now) {
  json out;
  out["services"] = group_json(tree.services, now);
  out["actors"] = actor_json(tree.actors);
  return to_text(out);
}

std::optional<std::vector<std::string>> members_of(std::string_view group, const hooks& from) {
  std::vector<std::string> members;
  const auto add = [&](const std::string& name) { members.push_back(name); };
  if (const auto tree = tree_of(from)) {
    const auto* found = find_group(*tree, group);
    if (found == nullptr)
      return std::nullopt;
    walk(
      *found, [](const std::string&) {}, add);
    return members;
  }
  const auto now = from.snapshot();
  for (std::size_t i = 0; now && i < now->size(); ++i)
    if (now->at(i).group == group)
      add(now->at(i).name);
  return members.empty() ? std::nullopt : std::optional{members};
}

std::vector<std::string> group_names(const hooks& from) {
  std::set<std::string> names;
  if (const auto tree = tree_of(from)) {
    walk(
      *tree, [&](const std::string& name) { names.insert(name); }, [](const std::string&) {});
  } else if (const auto now = from.snapshot()) {
    for (std::size_t i = 0; i < now->size(); ++i)
      names.insert(now->at(i).group);
  }
  return {names.begin(), names.end()};
}

} // namespace reeve::http
