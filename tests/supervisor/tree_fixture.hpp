#pragma once

#include "supervisor/tree/service_tree.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reeve {

inline service_spec process(std::string name, std::chrono::milliseconds backoff = {}) {
  service_spec s;
  s.name = std::move(name);
  s.restart.target = process_spec{{"./" + s.name}, {}, {}, 15, {}};
  s.restart.backoff = {backoff.count() == 0, backoff, 2, std::chrono::minutes{5}, 0};
  s.restart.intensity = {5, std::chrono::minutes{10}};
  return s;
}

inline service_spec container(std::string name, std::chrono::milliseconds backoff = {}) {
  auto s = process(std::move(name), backoff);
  s.restart.target = docker_target{s.name};
  return s;
}

inline service_spec of_type(service_spec s, restart_type type) {
  s.restart.type = type;
  return s;
}

/// A tree in virtual time. Actions are told as text: `stop a`, `start a`,
/// `restart a`, `wait a 2000`, `give_up a`, `escalate g`, `exit root`.
struct tree_fixture : testing::Test {
  using texts = std::vector<std::string>;

  tree_fixture() {
    spec.tree.intensity = {5, std::chrono::minutes{10}};
    spec.tree.cooldown = std::chrono::minutes{10};
  }

  static std::string text_of(const tree_action& a) {
    static constexpr const char* words[] = {"stop",     "start", "restart", "wait", "give_up",
                                            "escalate", "look",  "hold",    "exit", "changed"};
    auto text = std::string{words[static_cast<std::size_t>(a.what)]} + " " + a.name;
    if (a.what == tree_action::kind::wait)
      text += " " + std::to_string(a.delay.count());
    return text;
  }

  texts told(const service_tree::actions& actions) {
    texts all;
    for (const auto& a : actions) {
      last = a.what == tree_action::kind::changed ? last : a;
      if (a.what != tree_action::kind::changed)
        all.push_back(text_of(a));
    }
    EXPECT_GT(tree->next_due().value_or(mono_time::max()), now) << "or the loop would spin";
    return all;
  }

  /// All services in one group unless `spec.tree` was filled already; all run.
  void begin(std::vector<service_spec> services) {
    spec.services = std::move(services);
    spec.tree.name = "root";
    if (spec.tree.children.empty())
      for (const auto& s : spec.services)
        spec.tree.children.emplace_back(s.name);
    tree.emplace(spec, now);
    auto open = tree->boot(now);
    for (std::size_t i = 0; i < open.size(); ++i)
      if (open[i].what == tree_action::kind::start)
        for (auto& more : tree->started(open[i].name, now))
          open.push_back(more);
  }

  texts failed(const std::string& name, bool alive = false, bool clean = false,
               std::optional<mono_time> last_good = {}) {
    return told(tree->failed(name, incarnation(name), {"broke", alive, clean, last_good}, now, 0));
  }
  texts sick(const std::string& name) {
    return failed(name, true);
  }
  texts recovered(const std::string& name) {
    return told(tree->recovered(name, incarnation(name), now));
  }
  texts stopped(const std::string& name) {
    return told(tree->stopped(name, now));
  }
  texts started(const std::string& name) {
    return told(tree->started(name, now));
  }
  texts start_failed(const std::string& name) {
    return told(tree->start_failed(name, "no such file", now, 0));
  }
  texts after(std::chrono::milliseconds time) {
    now += time;
    return told(tree->due(now));
  }
  texts person(order o, const std::string& name) {
    auto answer = tree->person(name, o, now);
    return answer ? told(*answer) : texts{answer.sentence()};
  }
  texts reload() {
    return told(tree->reload(spec, now));
  }

  service_supervision at(const std::string& name) {
    return tree->supervision_of(name, now);
  }
  supervision state(const std::string& name) {
    return at(name).state;
  }
  std::uint32_t incarnation(const std::string& name) {
    return at(name).incarnation;
  }

  daemon_spec spec;
  std::optional<service_tree> tree;
  mono_time now{std::chrono::hours{1}};
  tree_action last; ///< of those told
};

} // namespace reeve
