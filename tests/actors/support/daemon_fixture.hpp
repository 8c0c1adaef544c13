#pragma once

#include "actors/daemon_actors.hpp"
#include "tests/actors/support/caf_fixture.hpp"
#include "tests/actors/support/captured_log.hpp"
#include "tests/actors/support/scripted_world.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace reeve::actors::test {

using namespace std::chrono_literals;

inline check_spec http_spec(const std::string& url) {
  check_spec check;
  check.name = "http";
  check.target = http_check{"http://" + url};
  check.interval = 10s;
  check.expect.status = {{200, 299}};
  return check;
}

/// Restarted after 1 s, 2 s, 4 s and so on, five times in ten minutes.
inline service_spec service_named(const std::string& name) {
  service_spec service;
  service.name = name;
  service.restart.backoff = {false, 1s, 2, 5min, 0.2};
  service.restart.intensity = {5, 10min};
  return service;
}

/// Watched by one HTTP check every 10 s, three failures; restarted by a command.
inline service_spec web_service(const std::string& name) {
  auto service = service_named(name);
  service.checks = {http_spec(name)};
  service.restart.target = exec_target{{"start"}, {"stop"}, {"restart"}};
  return service;
}

inline service_spec process_service(const std::string& name) {
  auto service = service_named(name);
  service.restart.target = process_spec{{"./" + name}};
  return service;
}

inline service_spec container_service(const std::string& name) {
  auto service = service_named(name);
  service.restart.target = docker_target{name};
  return service;
}

/// All in the root group, in this order.
inline daemon_spec daemon_of(std::vector<service_spec> services) {
  daemon_spec spec;
  spec.tree.name = "root";
  spec.tree.intensity = {5, 10min};
  spec.tree.cooldown = 10min;
  for (const auto& service : services)
    spec.tree.children.emplace_back(service.name);
  spec.services = std::move(services);
  return spec;
}

/// All actors, in virtual time and a scripted world.
class daemon_fixture : public caf_fixture {
protected:
  using strings = std::vector<std::string>;

  mono_time now() const {
    return scheduler_.clock().current_time;
  }

  void start(daemon_spec spec, remembered before = {}, std::optional<std::string> pressure = {}) {
    daemon_.emplace(system_,
                    daemon_actors::settings{std::make_shared<const daemon_spec>(std::move(spec)),
                                            world_.functions(), "1.2.3",
                                            [this](const std::string& why) { exhausted_ = why; },
                                            std::move(before), std::move(pressure)});
    run();
  }

  /// Kills Reeve between any two messages: what it was about to do is never done. Returns what
  /// it had handed over to be kept.
  remembered kill_reeve() {
    auto left = world_.left();
    world_.reeve_is_dead = true;
    daemon_.reset();
    run();
    world_.forget_reeve();
    return left;
  }

  void TearDown() override {
    daemon_.reset();
    run();
    world_.close();
    caf_fixture::TearDown();
  }

  snapshot::picture picture(const std::string& service) {
    return daemon_->snapshot()->find(service);
  }
  health health_of(const std::string& service) {
    return picture(service)->health;
  }
  supervision supervision_of(const std::string& service) {
    return picture(service)->supervision;
  }

  /// Advances in small steps until the service is so, for ten minutes at most.
  bool becomes(const std::string& service, health wanted) {
    for (auto i = 0; i < 6'000 && health_of(service) != wanted; ++i)
      advance(100ms);
    return health_of(service) == wanted;
  }

  order_reply give(const std::string& service, order what) {
    order_reply reply;
    daemon_->give_order(service, what, [&](order_reply r) { reply = std::move(r); });
    run();
    return reply;
  }

  void child_exits(const std::string& service, int code) {
    world_.exits(service, code);
    daemon_->process_exited(service);
    run();
  }

  void container_tells(const std::string& container, io::container_fact::kind what,
                       const std::string& reason, const std::string& healthcheck = "") {
    world_.tells(container, {what, reason, false, healthcheck});
    run();
  }

  tree_view tree() {
    tree_view view;
    daemon_->tree([&](tree_view v) { view = std::move(v); });
    run();
    return view;
  }

  /// The names of the listeners and "services".
  strings root_actors() {
    strings names;
    for (const auto& child : tree().actors.children)
      names.push_back(child.name);
    for (const auto* actor : {"metrics", "aggregator", "restarter", "services"})
      EXPECT_EQ(std::count(names.begin(), names.end(), actor), 1) << actor;
    return names;
  }

  std::string metrics() {
    const auto next = daemon_->metrics_text();
    std::string text;
    for (auto part = next(); !part.empty(); part = next())
      text += part;
    return text;
  }

  std::size_t lines_with(const std::string& text) {
    std::size_t count = 0;
    std::istringstream in{log_.text()};
    for (std::string line; std::getline(in, line);)
      count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
  }

  /// Kills an actor at rest, and lets its successor start.
  void kill(const std::string& actor) {
    ASSERT_TRUE(daemon_->kill(actor));
    run();
  }

  captured_log log_;
  scripted_world world_{system_, [this] { return now(); }};
  std::string exhausted_;
  std::optional<daemon_actors> daemon_;
};

} // namespace reeve::actors::test
