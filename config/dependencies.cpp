#include "config/services.hpp"
#include "config/shown_text.hpp"

#include <cstddef>
#include <unordered_map>

namespace reeve::config {
namespace {

constexpr std::size_t most_named = 20; // of a cycle
constexpr int most_cycles = 100;       // told: each costs its length

/// Looks for cycles depth first, without recursion: a chain may be as long as the file.
class cycle_finder {
public:
  explicit cycle_finder(const std::vector<service_entry>& services)
      : services_{services}, visits_(services.size()) {
    for (std::size_t i = 0; i < services.size(); ++i)
      index_.emplace(services[i].spec.name, i);
  }

  void check_names() const {
    std::vector<std::string> names;
    for (const auto& s : services_)
      names.push_back(s.spec.name);
    for (const auto& s : services_)
      for (std::size_t i = 0; i < s.depends_on.size(); ++i)
        check_name(s, i, names);
  }

  void check_cycles() {
    for (std::size_t i = 0; i < services_.size(); ++i)
      if (visits_[i] == visit::none)
        walk(i);
  }

private:
  enum class visit { none, open, done };
  struct step {
    std::size_t service;
    std::size_t next = 0; // of its dependencies
  };

  void check_name(const service_entry& s, std::size_t i,
                  const std::vector<std::string>& names) const {
    const auto& name = s.spec.depends_on[i];
    const auto& at = s.depends_on[i];
    if (name == s.spec.name)
      at.fail(in_quotes(name) + " cannot depend on itself");
    else if (!index_.contains(name))
      at.fail("no service " + in_quotes(name) + at.shared().problems.suggestion(name, names));
  }

  void walk(std::size_t start) {
    path_ = {{start}};
    visits_[start] = visit::open;
    while (!path_.empty()) {
      const auto service = path_.back().service;
      const auto next = path_.back().next++;
      if (next < services_[service].spec.depends_on.size())
        follow(service, next);
      else
        leave(service);
    }
  }

  void leave(std::size_t service) {
    visits_[service] = visit::done;
    path_.pop_back();
  }

  void follow(std::size_t service, std::size_t dependency) {
    const auto known = index_.find(services_[service].spec.depends_on[dependency]);
    if (known == index_.end() || known->second == service)
      return; // told by check_name
    auto& seen = visits_[known->second];
    if (seen == visit::open && ++cycles_ <= most_cycles)
      tell(known->second, services_[service].depends_on[dependency]);
    if (seen != visit::none)
      return;
    seen = visit::open;
    path_.push_back({known->second});
  }

  void tell(std::size_t first, const reader& at) const {
    std::size_t from = path_.size();
    while (path_[--from].service != first)
      continue;
    std::string names;
    for (auto i = from; i < path_.size() && i < from + most_named; ++i)
      names += services_[path_[i].service].spec.name + " -> ";
    if (path_.size() > from + most_named)
      names += "... -> ";
    at.fail("a cycle, in which each would wait for the other: " + names
            + services_[first].spec.name);
  }

  const std::vector<service_entry>& services_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<visit> visits_;
  std::vector<step> path_;
  int cycles_ = 0;
};

void number_services(const group_spec& group, std::unordered_map<std::string, std::size_t>& into) {
  for (const auto& child : group.children)
    if (const auto* inner = std::get_if<group_spec>(&child))
      number_services(*inner, into);
    else
      into.emplace(std::get<std::string>(child), into.size());
}

} // namespace

void check_dependencies(const std::vector<service_entry>& services) {
  cycle_finder finder{services};
  finder.check_names();
  finder.check_cycles();
}

void warn_of_start_order(const std::vector<service_entry>& services, const group_spec& tree) {
  std::unordered_map<std::string, std::size_t> order;
  number_services(tree, order);
  std::unordered_map<std::string, std::size_t> places; // of processes: nothing else is started
  for (const auto& s : services)
    if (std::holds_alternative<process_spec>(s.spec.restart.target))
      places[s.spec.name] = order[s.spec.name];
  for (const auto& s : services) {
    const auto own = places.find(s.spec.name);
    for (std::size_t i = 0; own != places.end() && i < s.depends_on.size(); ++i)
      if (const auto needed = places.find(s.spec.depends_on[i]);
          needed != places.end() && needed->second > own->second)
        s.depends_on[i].warn(
          in_quotes(needed->first) + " is started after " + in_quotes(own->first)
          + ": processes start in the order of 'tree.children', else of the file");
  }
}

} // namespace reeve::config
