#pragma once

#include "tests/world/promises.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace reeve::actors::test {

/// One random world: all our actors on a fake clock, over services that fail, engines that
/// are slow and forget, persons, reloads, actors that crash, and a Reeve that is killed and
/// started again. After every step it is held against what Reeve promises.
class world_under_test : public daemon_fixture {
public:
  explicit world_under_test(std::uint64_t seed);
  void TestBody() override {
  }

  /// Plays it to the end. What was promised and not kept, with the steps before it; empty: all
  /// was kept.
  std::string play();
  /// What has happened in it.
  std::string story() const;

private:
  void begin();
  void step();
  void act();
  void sicken(const std::string& service);
  void heal(const std::string& service);
  void work_again(const std::string& service);
  void run_container(const service_spec& s);
  void slow_down(const std::string& service);
  void make_or_end_trouble(const std::string& service);
  std::optional<std::string> pressure() const;
  void change_pressure();
  void crash_an_actor(const std::string& service);
  void person(const std::string& service);
  void reload();
  void ordered(io::operation what, const service_spec& service);
  void release_one(bool ok);
  void kill_and_start_again();
  void forget_operations();
  void find_containers(const remembered& left);
  void end_well();

  bool goes_on() const {
    return promises_.broken().empty();
  }
  void pass(std::chrono::nanoseconds time);
  void look();
  void say(const std::string& text);
  const std::string& any_service();

  dice dice_;
  daemon_spec spec_;
  bool persons_act_;
  bool crashes_;
  bool reeve_dies_;
  bool pressure_ = false;
  std::vector<std::string> steps_;
  strings actors_; ///< that may crash, beside the probes
  promises promises_;
};

} // namespace reeve::actors::test
