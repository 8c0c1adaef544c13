#pragma once

// The inside of `service_tree`; nobody else includes this.

#include "supervisor/restarts/restart_budget.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <utility>

namespace reeve {

struct tree_plan;

/// Who waited for the same comes back one after another, in so long each.
constexpr std::chrono::milliseconds wake_each{100};

enum class operation { none, stop, start, restart };

/// A failure that could not be acted on yet.
struct late_failure {
  service_tree::failure what;
  std::uint32_t incarnation = 0;
  double random = 0;
  bool counted = false; ///< its restart is decided already
};

struct tree_node;

/// Of a service that depends on others, or on which others depend.
struct tree_ties {
  std::vector<tree_node*> dependencies;
  std::vector<tree_node*> dependents;
  bool was_down = false;
  bool noted = false;
};

/// How the newest restart goes.
struct restart_trial {
  mono_time since; ///< the restart; once it helped: since it is healthy
  bool helped = false;
};

/// A service or a group.
struct tree_node {
  std::string name;
  tree_node* parent = nullptr; ///< null: the root
  std::size_t index = 0;       ///< among its parent's children
  std::size_t position = 0;    ///< in the start order of the whole tree
  bool is_group = false;
  bool placed = false; ///< stands in the newest config
  restart_type type = restart_type::permanent;

  // Its pending restart, or its next careful try.
  using timer_key = std::pair<mono_time, std::uint64_t>;
  std::optional<timer_key> timer;
  bool careful = false;    ///< what the timer is for
  bool look_first = false; ///< when the timer ends
  bool woken = false;      ///< what it depends on is just back, and is not restarted with it
  bool blocked = false;    ///< due, but a plan in execution is in the way
  held_by hold = held_by::nothing;
  bool on_trial = false;           ///< by a careful try: fails once, and is given up again
  std::vector<tree_node*> waiters; ///< services to be started together with it
  tree_node* waits_for = nullptr;
  restart_window own_window; ///< in which it counts, unless its group shares one

  // Of a group.
  std::unique_ptr<const group_spec> spec; ///< without children
  restart_window shared_window;           ///< in which its members count, if it shares one
  std::vector<tree_node*> children;

  // Of a service.
  std::shared_ptr<const restart_spec> restart; ///< one for many that say the same
  reeve::supervision state = supervision::running;
  std::string reason;
  bool alive = true;
  std::uint32_t incarnation = 0;
  std::uint64_t restarts = 0;
  restart_history history;
  std::unique_ptr<late_failure> late;
  tree_plan* plan = nullptr; ///< it is a member of
  operation in_flight = operation::none;
  restart_cause cause = restart_cause::boot; ///< of what is in flight
  tree_plan* ordered_by = nullptr;           ///< waits for what is in flight
  bool again = false;                        ///< to be restarted once nothing is in flight
  std::unique_ptr<tree_ties> ties;
  std::string no_target;      ///< why there is nothing to act on, or how long; empty: there is
  std::string frozen;         ///< by somebody else, and why; empty: it is not
  bool pause_ordered = false; ///< it is paused by an order, frozen or not
  std::string sick;           ///< why nobody can rely on it; empty: as far as is known they can
  std::unique_ptr<restart_trial> trial;
  std::chrono::milliseconds look_takes{0}; ///< at most; 0: there is nothing to look with
  bool has_checks = false;
  bool adopt = false; ///< not ours to start any more: once stopped, taken as it is
  bool changed = false;
  service_supervision told;
};

/// Stops, then starts, one after another. Nodes that left it are skipped.
struct tree_plan {
  tree_node* owner = nullptr; ///< whose decision it is: a group, or the one service concerned
  std::list<tree_plan>::iterator self;
  std::vector<tree_node*> members;
  std::deque<tree_node*> stops;
  std::deque<tree_node*> starts;
  tree_node* in_flight = nullptr;
  bool awake = false;
  int awaited = 0; ///< members in which something of an earlier plan is in flight
  bool alone = false;
  restart_cause cause = restart_cause::group;
  bool budgeted = false;              ///< it counts in the host's budget
  const tree_node* subject = nullptr; ///< whose cause it is; the others' is `group`
  std::string reason;

  /// What an escalation does with the group once it is stopped.
  enum class sequel { none, wait, give_up, exit };
  sequel then = sequel::none;
  tree_node* group = nullptr;
  std::chrono::milliseconds cooldown{0};
};

class service_tree::state {
public:
  using kind = tree_action::kind;

  // service_tree.cpp: what it knows.
  tree_node* find(std::string_view name);
  service_supervision supervision_of(const tree_node& s, mono_time now) const;
  group_view view(const tree_node& group, mono_time now) const;
  std::optional<mono_time> due_of(const tree_node& n) const;
  void set_state(tree_node& s, supervision to, std::string reason);
  /// What is shown of it, or of all in a group, may be another.
  void touch(tree_node& n);
  void tell(kind what, const std::string& name, std::string reason,
            std::chrono::milliseconds delay = {});
  /// Ends every call: carries out what is due and tells what changed.
  actions finish_call(mono_time now);

  // service_tree_failure.cpp: what a failure leads to.
  void heard(tree_node& s, const failure& f, mono_time now, double random);
  void decide(tree_node& s, const failure& f, mono_time now, double random);
  void give_up(tree_node& s, std::string reason, std::chrono::milliseconds cooldown, mono_time now);
  void follow(tree_node& s, const failure& f, const restart_decision& decided,
              const std::string& numbers, mono_time now, double random);
  void escalate(tree_node& group, tree_node& origin, const std::string& reason, mono_time now,
                double random);
  bool climb(tree_plan& p, tree_node& origin, mono_time now, double random);
  void wait(tree_node& n, mono_time due, bool careful, bool look_first = false);
  void cancel_wait(tree_node& n);
  void run_due(mono_time now);
  void carry_out_due(tree_node& n, bool look_first, mono_time now);
  tree_plan draw_due(tree_node& n) const;

  // service_tree_hold.cpp: what a restart waits for beside its backoff.
  void tie(const daemon_spec& spec);
  const tree_node* down_dependency(const tree_node& s) const;
  void note(tree_node& s);
  held_by holder(const tree_node& s) const;
  void hold(tree_node& s, held_by what, const std::string& reason, mono_time now);
  void restart_uncounted(tree_node& s, const failure& f, mono_time now, double random);
  bool wake_dependents(mono_time now);
  void wake_up(tree_node& s, std::chrono::milliseconds after, mono_time now);
  void began(tree_node& s);
  bool begin_look(tree_node& s, mono_time now);
  bool admit(tree_plan& p, tree_node& n, mono_time now);
  void carry_out_held(mono_time now);
  std::string hold_reason(const tree_node& n, mono_time now) const;

  // service_tree_news.cpp: what `explain` will show.
  void explain_decision(const tree_node& s, decision::kind what, std::string reason,
                        std::string numbers, std::chrono::milliseconds delay, mono_time now);
  void begin_trial(tree_node& s, mono_time now);
  void trial_healthy(tree_node& s, mono_time now);
  void trial_failed(tree_node& s, mono_time now);

  // service_tree_plan.cpp: who is stopped and started.
  void boot(std::vector<tree_node*> services);
  tree_plan draw(tree_node& n) const;
  tree_plan draw_alone(tree_node& n, restart_cause cause, const std::string& reason) const;
  void restart_alone(tree_node& n, restart_cause cause, const std::string& reason);
  void collect_stops(tree_node& n, std::deque<tree_node*>& stops) const;
  void collect_starts(tree_node& n, std::deque<tree_node*>& starts) const;
  void adopt_waiters(const tree_node& n, tree_plan& p) const;
  void release_waiters(tree_node& n);
  void renew(tree_node& group);
  /// Whether it has to wait for another plan; then it is drawn anew when that is done.
  bool block(const tree_plan& p, tree_node& n);
  void launch_for(tree_plan p, tree_node& n);
  void launch(tree_plan drawn);

  // service_tree_steps.cpp: one stop or start after another.
  void take(tree_node& s, tree_plan& by);
  void leave_plan(tree_node& s);
  void wake(tree_plan& p);
  void advance(tree_plan& p, mono_time now);
  void order_step(tree_node& s, operation op, tree_plan& p, mono_time now);
  void order(tree_node& s, operation op, restart_cause cause, const std::string& reason);
  void answered(tree_node& s);
  void start_failed(tree_node& s, const failure& f, mono_time now, double random);
  void hold_back(tree_plan& p, tree_node& failed);
  void finish(tree_plan& p, mono_time now);
  void conclude(tree_plan& p, const std::vector<tree_node*>& members, mono_time now);

  // service_tree_order.cpp: persons, and what others did.
  std::string refusal(const tree_node& s, reeve::order o) const;
  void carry_out(tree_node& s, reeve::order o, mono_time now);
  void stop_for_good(tree_node& s, const std::string& reason);
  void pause(tree_node& s);
  /// It is not frozen any more. True: and it is not paused.
  bool thaw(tree_node& s);
  void resume(tree_node& s, mono_time now);

  // service_tree_memory.cpp: what outlives Reeve.
  void take_over(tree_node& s, const remembered_service& before, const instant& now);
  void take_over(tree_node& group, const remembered_group& before, const instant& now);
  void hold_again(tree_node& s, const remembered_service::debt& owed);
  remembered_service remember(const tree_node& s, const instant& now) const;
  remembered_group remember_group(const tree_node& group, const instant& now) const;
  remembered_group remember_budget(const instant& now) const;

  // service_tree_config.cpp: from a config to the tree, and to the next.
  void place(const daemon_spec& spec, mono_time now);
  tree_node& place_group(const group_spec& spec, tree_node* parent,
                         const std::map<std::string, const service_spec*>& specs);
  tree_node& place_service(const service_spec& spec);
  std::shared_ptr<const restart_spec> shared(const restart_spec& spec);
  void change_target(tree_node& s, bool was_process);
  std::vector<std::pair<tree_node*, mono_time>> tries_with_group(mono_time now) const;
  void remove_groups();
  void remove_services();
  void forget(tree_node& s);
  void repair_waits(mono_time now);

  using nodes = std::map<std::string, std::unique_ptr<tree_node>, std::less<>>;
  nodes services;
  nodes leaving; ///< removed by a reload, but not stopped yet
  nodes groups;
  tree_node* root = nullptr;
  std::size_t next_position = 0;
  std::vector<tree_node*> fresh;              ///< processes that a config brought
  std::shared_ptr<const restart_spec> newest; ///< of those that were placed

  std::list<tree_plan> plans;
  std::deque<tree_plan*> awake; ///< to be advanced before the call ends
  std::map<tree_node::timer_key, tree_node*> timers;
  std::uint64_t next_timer = 0;
  std::vector<tree_node*> blocked;
  std::deque<tree_node*> held; ///< by the host; oldest first, some of them not any more
  std::optional<budget_spec> budget_limit;
  restart_budget budget;
  std::optional<std::string> pressure;
  std::vector<tree_node*> noted; ///< others may rely on them again, or no longer
  double chance = 0;             ///< what spreads those that wake up
  std::vector<tree_news> news;
  std::vector<tree_node*> changed;
  actions out;
  bool exiting = false;
  bool exited = false;
};

// What a target allows.
bool has_target(const tree_node& s);
bool is_process(const tree_node& s);
bool can_stop(const tree_node& s);
bool can_start(const tree_node& s);

// service_tree_window.cpp: whose window counts. REQUIRES: `n` is not the root.

/// The group in whose window `n` counts; null: it has one of its own.
tree_node* sharing_group(const tree_node& n);
const intensity& limit_of(const tree_node& n);
const restart_window& window_of(const tree_node& n);
restart_window& window_of(tree_node& n);
counting_window counting_window_of(tree_node& n);
enum class naming { full, without_group };
/// "more than 5 restarts within 10m"; of a group's window with the group's name, and with who used
/// it up beside `n`.
std::string too_many(const tree_node& n, mono_time now, naming named = naming::full);

/// By which remedy it is restarted now; empty if it has but one.
std::string remedy_text(const tree_node& s);

/// `n` lies in the group `outer`, or in one below it.
bool is_strictly_within(const tree_node& n, const tree_node& outer);

/// Nobody decided that it stays as it is.
bool is_supervised(const tree_node& s);

/// It failed, and what is done about it is still to come, if anything is.
bool awaits_restart(const tree_node& s);

/// Itself, or what it will be restarted with; null: nothing holds a restart of it back.
const tree_node* who_is_held(const tree_node& s);

/// A restart of its own is pending: it has a time, or is due and must wait.
bool has_wait(const tree_node& n);

/// The nearest of those whose restart brings `n` back of which `is` holds: itself, or what it
/// waits for, then the groups above. Null: of none.
template <class Predicate>
const tree_node* who_brings_back(const tree_node& n, Predicate is) {
  for (const auto* at = n.waits_for ? n.waits_for : &n; at; at = at->parent)
    if (is(*at))
      return at;
  return nullptr;
}

} // namespace reeve
