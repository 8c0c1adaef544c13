#include "supervisor/restarts/stop_order.hpp"

#include <algorithm>
#include <utility>

namespace reeve {

namespace {

using std::chrono::milliseconds;

} // namespace

milliseconds time_to_end(const service_spec& service) {
  const auto& restart = service.restart;
  if (std::holds_alternative<std::monostate>(restart.target))
    return milliseconds{0};
  const bool is_process = std::holds_alternative<process_spec>(restart.target);
  return is_process ? restart.stop_timeout : restart.stop_timeout + operation_grace;
}

milliseconds longest_shutdown(const daemon_spec& spec) {
  std::set<std::string> all;
  for (const auto& service : spec.services)
    all.insert(service.name);
  const auto longest = stop_order{spec, all}.longest_chain();
  return longest.count() == 0 ? longest : longest + shutdown_margin;
}

stop_order::stop_order(const daemon_spec& spec, const std::set<std::string>& running)
    : left_{running.size()} {
  for (const auto& service : spec.services)
    services_[service.name] = add_node();
  for (const auto& name : running)
    if (!services_.contains(name))
      services_[name] = add_node();
  for (const auto& name : running)
    nodes_[services_.at(name)].name = name;
  for (const auto& service : spec.services)
    if (running.contains(service.name))
      nodes_[services_.at(service.name)].takes = time_to_end(service);
  add_group(spec.tree);
  add_dependencies(spec);
  longest_chain_ = measure();
  std::vector<std::size_t> free;
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    if (nodes_[at].awaits == 0)
      free.push_back(at);
  for (const auto at : free)
    reach(at);
}

std::size_t stop_order::add_node() {
  nodes_.emplace_back();
  return nodes_.size() - 1;
}

void stop_order::add_edge(std::size_t from, std::size_t to) {
  nodes_[from].next.push_back(to);
  ++nodes_[to].awaits;
}

/// Its children in reverse start order: one after another where the strategy ties them, else
/// side by side.
stop_order::span stop_order::add_group(const group_spec& group) {
  const span own{add_node(), add_node()};
  const bool one_by_one = group.strategy != strategy::one_for_one;
  auto before = own.first;
  for (auto child = group.children.rbegin(); child != group.children.rend(); ++child) {
    const auto* inner = std::get_if<group_spec>(&*child);
    const auto service = inner ? 0 : services_.at(std::get<std::string>(*child));
    const auto part = inner ? add_group(*inner) : span{service, service};
    if (!inner)
      backwards_.push_back(service);
    add_edge(before, part.first);
    if (one_by_one)
      before = part.last;
    else
      add_edge(part.last, own.last);
  }
  add_edge(before, own.last);
  return own;
}

/// Dependents before what they depend on, as far as the groups leave that open: this walks through
/// all in a possible order, and where none is possible lets the next by the groups' order go first.
void stop_order::add_dependencies(const daemon_spec& spec) {
  std::vector<std::vector<std::size_t>> dependencies(nodes_.size());
  std::vector<std::size_t> dependents(nodes_.size()); // that are not walked yet
  std::vector<std::size_t> awaits(nodes_.size());
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    awaits[at] = nodes_[at].awaits;
  for (const auto& service : spec.services)
    for (const auto& name : service.depends_on) {
      dependencies[services_.at(service.name)].push_back(services_.at(name));
      ++dependents[services_.at(name)];
    }
  std::vector<bool> walked(nodes_.size());
  std::vector<std::pair<std::size_t, std::size_t>> edges;
  const auto walk = [&](std::size_t first) {
    std::vector<std::size_t> open{first};
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      if (walked[at] || awaits[at] > 0 || dependents[at] > 0)
        continue;
      walked[at] = true;
      for (const auto to : nodes_[at].next) {
        --awaits[to];
        open.push_back(to);
      }
      for (const auto to : dependencies[at])
        if (!walked[to]) {
          edges.emplace_back(at, to);
          --dependents[to];
          open.push_back(to);
        }
    }
  };
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    walk(at);
  for (bool stuck = true; stuck;) {
    const auto next = std::find_if(backwards_.begin(), backwards_.end(),
                                   [&](std::size_t at) { return !walked[at] && awaits[at] == 0; });
    stuck = next != backwards_.end();
    if (stuck) {
      dependents[*next] = 0;
      walk(*next);
    }
  }
  for (const auto& [from, to] : edges)
    add_edge(from, to);
}

/// Nothing is awaited by it any more. What needs no stop is over at once.
void stop_order::reach(std::size_t first) {
  std::vector<std::size_t> open{first};
  while (!open.empty()) {
    auto& n = nodes_[open.back()];
    open.pop_back();
    if (n.now == stage::waits && !n.name.empty()) {
      n.now = stage::told;
      ready_.push_back(n.name);
      continue;
    }
    n.now = stage::ended;
    for (const auto to : n.next)
      if (--nodes_[to].awaits == 0)
        open.push_back(to);
  }
}

std::vector<std::string> stop_order::take_ready() {
  return std::exchange(ready_, {});
}

void stop_order::ended(std::string_view name) {
  const auto found = services_.find(name);
  if (found == services_.end() || nodes_[found->second].now != stage::told)
    return;
  --left_;
  reach(found->second);
}

std::vector<std::string> stop_order::waiting() const {
  std::vector<std::string> names;
  for (const auto& n : nodes_)
    if (!n.name.empty() && n.now == stage::waits)
      names.push_back(n.name);
  return names;
}

bool stop_order::done() const {
  return left_ == 0;
}

milliseconds stop_order::longest_chain() const {
  return longest_chain_;
}

milliseconds stop_order::measure() const {
  milliseconds longest{0};
  std::vector<milliseconds> until(nodes_.size());
  std::vector<std::size_t> awaits, open;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    awaits.push_back(nodes_[at].awaits);
    if (awaits.back() == 0)
      open.push_back(at);
  }
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    until[at] += nodes_[at].takes;
    longest = std::max(longest, until[at]);
    for (const auto to : nodes_[at].next) {
      until[to] = std::max(until[to], until[at]);
      if (--awaits[to] == 0)
        open.push_back(to);
    }
  }
  return longest;
}

} // namespace reeve
