#pragma once

#include "actors/listener_state.hpp"
#include "actors/restarter_memory.hpp"

#include <spdlog/common.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace reeve::actors {

/// The log's line on what happened to `subject`; what Reeve does about it is added.
struct headline {
  std::string subject;
  std::string text;
  std::string said; ///< the reason that `text` names already
  spdlog::level::level_enum level = spdlog::level::info;
  bool complete = false; ///< it says already what Reeve does about it
  bool usual = false;    ///< nothing went wrong, though something is done about it
};

/// The restart strategy: feeds the service tree with what happens, and carries out
/// what it answers. Tells the probes how to see their services, the world what
/// changed, and the log one line per change. Decides nothing itself.
///
/// Everything it knows is in a memory that its successor takes over: the tree,
/// actions not carried out, operations under way, orders not heard.
class restarter_state : public listener_state<restarter_memory> {
public:
  using pointer = restarter_actor::stateful_pointer<restarter_state>;

  std::string name = "restarter"; ///< read by CAF

  void begin(pointer self, world_ptr w, std::shared_ptr<restarter_memory> memory);
  void hear_orders();
  void hear_operations();
  void due(mono_time timer);
  void hear(const still_sick& s);
  void hear_pressure();

private:
  using record = restarter_memory::record;

  void take(const fact& f) override;
  // Each feeds the tree, then `settle`s.
  void hear(const health_changed& h);
  void hear(const run_observed& r);
  void hear(const config_applied& c);
  void hear_order(person_order o);
  void tell_who_waits();
  void hear_operation(const std::string& service, const operation_record& done);
  service_tree::actions tell_dependents(const health_changed& h);
  service_tree::actions judge(const health_changed& h, record& r);
  void respect_stops();
  void take_specs(const std::shared_ptr<const daemon_spec>& spec);
  void judge_anew();
  void after_stop(const std::string& service, bool ok);
  void touch_all();
  headline line_on(const health_changed& h, record& r, bool acted) const;

  /// Carries out what the tree answered, then tells what changed. Changes of others
  /// than the headline's subject get lines of their own.
  void settle(service_tree::actions actions, const headline& line = {});
  void remember(std::function<void()> kept = {});
  void carry_out_actions(const headline& line);
  void carry_out(const tree_action& a, const headline& line);
  void note_reaction(const std::string& service);
  static void log_escalation(const tree_action& a, const headline& line);
  void operate(const tree_action& a, io::operation what);
  void publish_news();
  void publish_restart(const std::string& service, const operation_record& done);
  outside::completion when_done(const std::string& service, std::uint64_t id) const;
  std::string cause_word(const tree_action& a, const record& r) const;
  void publish_changes(const headline& line);
  std::optional<spdlog::level::level_enum> publish_change(const std::string& service);
  void log(const headline& line, bool changed) const;
  void publish(const std::string& service, const service_supervision& before,
               const service_supervision& now);
  service_supervision shown(const std::string& service) const;
  void set_level(const std::string& service);
  void arm();

  mono_time now() const;

  pointer self_ = nullptr;
  std::set<std::string> touched_;
  std::set<mono_time> timers_; ///< that are pending
};

restarter_actor::behavior_type restarter(restarter_state::pointer self, world_ptr w,
                                         std::shared_ptr<restarter_memory> memory);

} // namespace reeve::actors
