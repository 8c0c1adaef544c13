#pragma once

#include "tests/supervisor/tree_fixture.hpp"

#include <string>
#include <utility>
#include <vector>

namespace reeve {

/// A tree whose services may have checks and depend on others, in virtual time.
struct a_tree_with_dependencies : tree_fixture {
  static service_spec needing(service_spec s, std::vector<std::string> names) {
    s.depends_on = std::move(names);
    return s;
  }
  static service_spec checked(service_spec s) {
    s.checks.push_back({"tcp", tcp_check{"localhost", 1, "", "", {}}});
    s.checks.back().timeout = std::chrono::seconds{5};
    return s;
  }
  static service_spec watched(std::string name) {
    service_spec s;
    s.name = std::move(name);
    return checked(s);
  }
  texts is_up(const std::string& name) {
    return told(tree->health_is(name, incarnation(name), true, "", now, 0.5));
  }
  texts is_down(const std::string& name, std::string why = "unhealthy: refused") {
    return told(tree->health_is(name, incarnation(name), false, std::move(why), now, 0.5));
  }
  texts still_sick(const std::string& name) {
    return told(tree->still_sick(name, incarnation(name), now));
  }
  std::vector<decision> decisions() {
    std::vector<decision> all;
    for (auto& n : tree->take_news())
      if (auto* d = std::get_if<decision>(&n))
        all.push_back(std::move(*d));
    return all;
  }
  std::vector<std::string> outcomes() {
    std::vector<std::string> all;
    for (const auto& n : tree->take_news())
      if (const auto* j = std::get_if<restart_judged>(&n))
        all.push_back(j->service + " " + describe(*j));
    return all;
  }
  int in_window(const std::string& name) {
    return at(name).restarts_in_window;
  }
};

} // namespace reeve
