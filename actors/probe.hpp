#pragma once

#include "actors/probe_memory.hpp"
#include "actors/world.hpp"

#include <memory>
#include <string>
#include <vector>

namespace reeve::actors {

/// Watches one service: runs its checks on their schedule, hears of its process or
/// container, and tells the world what changed. Orders nothing.
///
/// A probe that was stopped in order (a sibling fell) hands its memory over as it
/// is. One that crashed leaves its service `unknown` until the next verdict, and its
/// successor waits the longer the more of them crashed in a row, so that it cannot
/// exhaust the supervisors above it.
class probe_state {
public:
  using pointer = probe_actor::stateful_pointer<probe_state>;

  std::string name = "probe"; ///< read by CAF

  void begin(pointer self, world_ptr w, std::shared_ptr<probe_memory> memory);
  ~probe_state();

  void work();
  void level_changed(const run_level& now);
  void due(std::uint64_t round);
  void answered(const check_answered& a);
  void look(std::uint32_t incarnation);
  void child_ended();
  void container(const io::container_fact& f);
  void pushed(const push_received& m);
  void respec(std::shared_ptr<const service_spec> spec);
  void asked_to_exit(caf::exit_msg& exit);

private:
  /// A message under way to ourselves.
  struct turn {
    mono_time due;
    std::uint64_t round = 0; ///< of that message; 0: nothing is due
  };

  /// One check's place in the schedule.
  struct runner {
    std::unique_ptr<io::check> check;
    turn usual;            ///< by its interval, or its deadline
    turn between;          ///< sooner than by its interval; what is usual before it is left out
    std::uint64_t run = 0; ///< under way; 0: none
    instant began;         ///< that run
    mono_time ended;       ///< of the newest verdict
    std::chrono::microseconds lag{0};
    bool looks = false;         ///< the restarter waits for its next verdict
    bool began_between = false; ///< the run under way; it may last over one usual time
  };

  /// Not if a successor came while this one waits to be stopped.
  bool at_work() const {
    return working_ && memory_->owner == token_;
  }
  const service_spec& spec() const {
    return *memory_->spec;
  }
  const check_spec& check_of(const runner& r) const {
    return spec().checks[static_cast<std::size_t>(&r - runners_.data())];
  }
  const health_machine& machine_of(const runner& r) const {
    return memory_->health.machine(static_cast<std::size_t>(&r - runners_.data()));
  }
  mono_time first_of(const runner& r) const;
  bool checks_rest() const;
  void schedule(bool just_started);
  void arm(turn& t, mono_time due);
  void hold();
  void push_due(runner& r, const instant& now);
  void usually_due(runner& r, const instant& now);
  void ask_again(runner& r, mono_time now);
  void run(runner& r, const instant& now);
  void run_between(runner& r, const instant& now);
  bool was_just_asked(mono_time now) const;
  void looked(runner& r, check_result result, bool has_told);
  void still_is_sick();
  void skip(const runner& r, std::string why, const instant& now);
  check_verdict judge(const check_spec& check, const check_outcome& outcome, mono_time now) const;
  void judge_pushes(runner& r, const push_record& record, const instant& now);
  void publish_run(const runner& r, check_verdict verdict, const instant& now);

  void follow(const run_level& level);
  void read_process();
  void watch();
  void unwatch();
  void hear_container(const io::container_fact& f);
  void tell_double_supervision(const io::container_fact& f);
  void run_docker_checks();
  void observe(run_observed::kind what, const std::string& reason);
  void tell_target(const io::container_fact& f);
  bool tell_change();
  void tell();

  pointer self_ = nullptr;
  world_ptr world_;
  std::shared_ptr<probe_memory> memory_;
  std::vector<runner> runners_;
  std::string watched_;     ///< the container
  std::string watch_key_;   ///< of this probe alone
  std::uint64_t token_ = 0; ///< `owner`, if it is this one
  bool working_ = false;
};

probe_actor::behavior_type probe(probe_state::pointer self, world_ptr w,
                                 std::shared_ptr<probe_memory> memory);

} // namespace reeve::actors
