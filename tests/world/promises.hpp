#pragma once

#include "tests/world/random_spec.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reeve::actors::test {

/// What Reeve promises, held against what it orders and shows in one world, and across its own
/// deaths. What is broken is told once, in `broken`.
class promises {
public:
  /// What this world is like. All outlive the promises.
  struct setting {
    const daemon_spec& spec; ///< as it was loaded last
    const scripted_world& world;
    std::function<mono_time()> now;
    std::function<void(const std::string&)> tell; ///< one line of the story
    bool persons_act = false;                     ///< and reload
  };

  explicit promises(setting s) : at_{std::move(s)} {
  }

  /// The first that was not kept; empty: all were.
  const std::string& broken() const {
    return broken_;
  }
  void fail(const std::string& why) {
    expect(false, why);
  }

  // What happens.
  void life_begins(const remembered& left);
  void ordered(io::operation what, const service_spec& service);
  void person_begins();
  void person_ordered(const std::string& service, order what); ///< and it was accepted
  void person_ends();
  void reloaded();
  void sickened(const std::string& service);
  void operation_ended(const std::string& service, bool well);
  void found_running(const std::string& service); ///< whoever had stopped it
  io::operation newest_operation(const std::string& service) const;

  // What Reeve shows.
  void look(const snapshot& shown);
  void look_at_metrics(const snapshot& shown, const std::string& text);
  void look_at_what_was_kept(const snapshot& shown); ///< when a life has begun
  void look_at_the_end(const snapshot& shown);       ///< all was well for long

private:
  struct truth {
    std::optional<mono_time> fine_since; ///< nothing was wrong with it since then
    supervision shown = supervision::running;
    std::optional<wall_time> due; ///< as shown
    std::uint64_t decisions = 0;  ///< shown
    std::uint64_t restarts = 0;   ///< shown
    std::uint64_t restarts_before_this_life = 0;
    bool boots = false; ///< its next start is its first in this life, and no restart
    std::optional<io::operation> newest;
    bool newest_is_counted = false;         ///< in the host's budget
    std::optional<mono_time> healthy_since; ///< it works, runs, and is shown so
    std::optional<mono_time> touched_by_person;

    // Of its restarts, as told.
    std::optional<mono_time> announced; ///< the next: not before
    std::optional<int> attempt = 0;     ///< none: not known
    bool may_begin_anew = true;
    mono_time waited_at;
    std::chrono::milliseconds waited_for{0};
    enum class trial { unknown, none, open, helped } newest_trial = trial::none;
    bool starts_out_of_turn = false; ///< its newest restart is no step of a plan of its group
    mono_time helped_at;
    int untold = 0; ///< restarts of which is not told yet how they went
  };
  struct restart_decision {
    std::string service;
    std::string window; ///< whose it is in which that counts
    mono_time at;
  };

  void look_at_decisions(const snapshot& shown);
  void take_decisions(const service_picture& p, std::vector<restart_decision>& restarts);
  void missed_decisions_on(const std::string& service);
  void take(const decision& d, mono_time at, std::vector<restart_decision>& restarts);
  void look_at_wait(const decision& d, mono_time at);
  void look_at_backoff(const decision& d, mono_time at);
  void look_at_outcome(const restart_judged& j, mono_time at);
  void look_at_giving_up(const restart_decision& refused);
  void look_at_order_of_steps();
  void forget_window_of(const std::string& service);
  bool was_touched_lately(const truth& t) const;
  std::string window_of(const std::string& service) const; ///< whose it is
  const intensity& limit_of(const std::string& service) const;
  bool window_is_certain(const std::string& service) const;
  void leave_out_of_budget(const std::string& service, mono_time at);
  void look_at_window(const restart_decision& restart);
  void look_at_budget();
  void look_at_reason(const service_spec& s, const service_picture& p);
  void see(const service_picture& p);
  void look_at_what_was_kept(const service_spec& s, const service_picture& p);
  void look_at_series(const service_picture& p, const std::map<std::string, double>& values);
  void expect(bool kept, const std::string& promise);

  bool works_at(const std::string& service) const;
  bool container_runs(const service_spec& s) const;
  bool has_no_inner_group() const;
  bool restarts_alone(const std::string& service) const;

  setting at_;
  std::map<std::string, truth> truths_;
  std::map<std::string, std::vector<mono_time>> admitted_; ///< by window, since it was cleared
  std::vector<restart_decision> newly_refused_;
  std::map<std::string, std::vector<mono_time>> refused_; ///< the same
  std::optional<mono_time> renewed_;                      ///< all groups, by an escalation
  std::optional<mono_time> windows_known_since_;          ///< none: from the beginning
  std::vector<mono_time> begun_;                          ///< automatic starts and restarts
  std::map<std::string, double> counters_;
  bool by_person_ = false;                          ///< what is ordered just now
  std::vector<std::pair<bool, std::string>> steps_; ///< ordered in this turn: it stops; who
  int plans_ = 0;                                   ///< that began or went on in this turn
  std::string broken_;
};

} // namespace reeve::actors::test
