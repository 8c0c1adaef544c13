#pragma once

#include "tests/world/random_spec.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace reeve::actors::test {

/// One random world: all our actors on a fake clock, over services that fail, engines that
/// are slow and forget, persons, reloads, and actors that crash. After every step it is held
/// against what Reeve promises; what is broken is told once, in `broken`.
class world_under_test : public daemon_fixture {
public:
  explicit world_under_test(std::uint64_t seed);
  void TestBody() override {
  }

  /// Plays it to the end. What was promised and not kept, with the steps before it; empty: all
  /// was kept.
  std::string play();

private:
  struct truth {
    std::optional<mono_time> fine_since; ///< nothing was wrong with it since then
    std::uint64_t decisions = 0;         ///< seen
    supervision before = supervision::running;
  };

  void begin();
  void step();
  void act();
  void sicken(const std::string& service);
  void heal(const std::string& service);
  void run_container(const service_spec& s);
  void person(const std::string& service);
  void ordered(io::operation what, const service_spec& service);
  void release_one(bool ok);
  void end_well();

  void look();
  void forget_windows_renewed(const std::string& service, const restart_record& record);
  void look_at_decisions(const std::string& service, const service_picture& p);
  void look_at_budget();
  void look_at_reasons(const std::string& service, const service_picture& p);
  void look_at_metrics();
  void expect(bool kept, const std::string& promise);
  void say(const std::string& text);

  const service_spec& spec_of(const std::string& service) const;
  const group_spec& group_of(const std::string& service) const;
  bool restarts_alone(const std::string& service) const;

  dice dice_;
  daemon_spec spec_;
  std::map<std::string, truth> truths_;
  std::map<std::string, std::vector<mono_time>> admitted_; ///< by group, since it was cleared
  std::optional<mono_time> renewed_;
  std::map<std::string, io::operation> last_ordered_;
  std::vector<mono_time> begun_; ///< automatic starts and restarts
  std::map<std::string, double> counters_;
  bool persons_act_ = false; ///< and reloads: they are not counted in budgets and windows
  bool crashes_ = false;
  bool by_person_ = false; ///< what is ordered just now
  bool pressure_ = false;
  std::vector<std::string> steps_;
  std::string broken_;
};

} // namespace reeve::actors::test
