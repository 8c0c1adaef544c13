#pragma once

#include "supervisor/facts/blame.hpp"
#include "supervisor/facts/decision.hpp"
#include "supervisor/facts/views.hpp"
#include "supervisor/restarts/restart_policy.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"
#include "supervisor/time.hpp"
#include "supervisor/tree/remembered.hpp"
#include "supervisor/words.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// Why something was stopped or started, as one word for logs and metrics.
enum class restart_cause {
  boot,     ///< its first start: Reeve began, or a reload brought it
  failed,   ///< it failed
  group,    ///< another member of its group failed
  cooldown, ///< the careful try after giving up
  person,
  reload, ///< its process was changed or removed
};

template <>
struct words<restart_cause> {
  static constexpr std::string_view all[] = {"boot",     "failed", "group",
                                             "cooldown", "person", "reload"};
};

/// What the tree wants done, or tells. In order of happening.
struct tree_action {
  enum class kind {
    stop,     ///< stop `name`; answer with `stopped`
    start,    ///< start `name`; answer with `started` or `start_failed`
    restart,  ///< both at once, for a service that restarts alone; answer as to `start`
    wait,     ///< told: `name` (alone, or with its group) will be restarted after `delay`
    give_up,  ///< told: no restart is left for `name`
    escalate, ///< told: group `name` failed as a child of its parent
    look,     ///< see whether `name` is still sick; answer with `recovered` or `still_sick`, which
              ///< is the answer, too, when it cannot be known
    hold,     ///< told: the restart of `name` is due, and held back
    exit,     ///< the root is exhausted and everything is stopped: Reeve ends with code 3
    changed,  ///< told: `supervision_of(name)` differs from before; once, at the end
  };

  kind what;
  std::string name; ///< of a service; of a group for `escalate`
  std::chrono::milliseconds delay{0};
  std::string reason;
  restart_cause cause = restart_cause::failed; ///< of `stop`, `start` and `restart`
  std::size_t remedy = 0;                      ///< of `restart`: see `remedy_for`

  bool operator==(const tree_action&) const = default;
};

/// What holds a restart back that is due.
enum class held_by {
  nothing,
  target,      ///< there is nothing to act on: its engine does not answer, or has no such container
  dependency,  ///< something that it depends on is down
  look,        ///< it is looked at once more
  host,        ///< the host's pressure or budget
  predecessor, ///< what ran for it before Reeve began and has not ended yet; the tree does not know
};

/// What the tree knows of one service.
struct service_supervision {
  reeve::supervision state = supervision::running;
  std::string reason;                    ///< of the state, and what holds its restart back
  std::string group;                     ///< its group's name
  std::uint32_t incarnation = 0;         ///< grows with every start
  int attempt = 0;                       ///< of the backoff
  std::optional<mono_time> next_restart; ///< while waiting, or given up with a cooldown; not held
  int restarts_in_window = 0;
  intensity limit;                 ///< of the window that holds for it
  bool shares_window = false;      ///< that is its group's; else its own
  std::uint64_t restarts = 0;      ///< finished ones
  held_by hold = held_by::nothing; ///< its restart, or that of the group it waits with
  bool undecided = false;  ///< it failed while others of its group are stopped and started: what
                           ///< is done about it is decided after that
  bool ends_reeve = false; ///< given up because the root is exhausted: no person can start it

  bool operator==(const service_supervision&) const = default;
};

/// The restart strategy over the user's services: every decision of when and
/// what to stop and start, and in what order. Pure: no clock, no thread, no I/O;
/// events come in as calls, what to do comes out as actions. One instance may be
/// used by one thread at a time. Complexity of an event: the members of the plans
/// it touches.
///
/// OTP's rules hold where OTP has an answer; beyond it:
/// - A restart waits for its backoff. Siblings are stopped when the wait ends, not
///   at the failure. A plan takes over pending waits of its members.
/// - A failure of a member of a plan that is being carried out is heard when the
///   plan is done, as OTP's mailbox would have it. Plans whose members differ run
///   side by side.
/// - What a person stopped or paused is no part of any plan. What ended cleanly is
///   started with its group. Services without a restart target are never part. What
///   can only be restarted (`exec: [restart...]`) is restarted when others are started.
/// - What a dependency explains is no reason to restart: who fails while something that
///   it depends on is down waits for that, uncounted, and is restarted soon after it is
///   back; so is who waited already. They come back one after another, in 100 ms each, with
///   whom their group's strategy says, but without what they depend on: that is just back.
/// - What its engine's end explains is not counted, nor is an attempt that found nothing to act
///   on: that is held until there is something.
/// - Before a delayed restart of what still runs it is looked at once more.
/// - The host's pressure and budget hold back what the tree decided by itself, never
///   what a person ordered.
/// - What was stopped for another's start is started at once when that is given up: the host
///   counted it when it was stopped.
/// - A remedy that did not help `attempts` times gives way to the next.
/// - `on_exhausted: give_up` gives up the one service and leaves its siblings.
///   After `cooldown` it gets one careful try, of it alone and not counted; if it
///   fails again before a stable run it is given up again at once.
/// - A start that fails counts as a failure. Of the plan's other starts those wait
///   with it that come after it in a group whose strategy ties them together.
/// - An escalated group waits as long as the service would have that exhausted it.
/// - Restarts are counted together where `shares_window` says so, else each member of a group has a
///   window of its own. One that is exhausted exhausts its group if that is to `escalate`. A group
///   as the member of another has the limit that `intensity` of the other says, written or not.
/// - A person's start or restart clears window and backoff, and is not counted. Who runs
///   again before its escalated group is restarted is left alone by that.
class service_tree {
public:
  service_tree(const daemon_spec& spec, mono_time now);
  ~service_tree();
  service_tree(service_tree&&) noexcept;
  service_tree& operator=(service_tree&&) noexcept;

  using actions = std::vector<tree_action>;

  /// Goes on where the tree of an earlier Reeve ended: counters, windows and backoff
  /// stages stay, and so does what is paused, stopped, ended or given up, or waits, for
  /// what is left of its time, but never longer than the policy allows. What was held for a
  /// dependency is held until `health_is` says that this is well. Processes died with
  /// that Reeve: `boot` starts those that ran, the paused included. A service whose
  /// target is another now keeps its counters, and what a person said of it. Names that
  /// are not known are ignored. REQUIRES: neither `boot` nor anything else was called.
  void take_over(const remembered& before, const instant& now);

  /// What `take_over` needs to know of these services, the groups they lie in and the host. For
  /// names that are not (or no longer) known: a blank.
  remembered remember(const std::set<std::string>& names, const instant& now) const;

  /// Starts every `process` service, but for those that `take_over` says are down, and
  /// brings a person's stop to its end: in tree order and one after another where a group's
  /// strategy ties them together, else side by side. Others are taken as they are.
  actions boot(mono_time now);

  /// `name` failed: it ended, or its liveness is unhealthy. `alive`: something
  /// is still there to be stopped. `clean`: it ended with success by itself.
  /// Ignored for an `incarnation` that is not the current one (a fact about an
  /// earlier run), and while it is stopped, ended, given up, waiting.
  struct failure {
    std::string reason;
    bool alive = false;
    bool clean = false;
    std::optional<mono_time> last_good; ///< newest good verdict of this run
    blame whose = blame::service;       ///< else it is restarted uncounted
  };
  actions failed(std::string_view name, std::uint32_t incarnation, const failure& f, mono_time now,
                 double random);

  /// Its liveness is good (healthy or degraded). A wait for a restart of what is
  /// alive and healed by itself is called off.
  actions recovered(std::string_view name, std::uint32_t incarnation, mono_time now);

  /// Whether those that depend on `name` can rely on it: all its checks count, and what cannot
  /// be known holds nobody. `reason`: why not. `random` spreads those that wake up.
  actions health_is(std::string_view name, std::uint32_t incarnation, bool is_up,
                    std::string reason, mono_time now, double random);

  /// Whether there is something to act on; at first there is. `why`: why not, or how long not.
  /// `random` spreads those that come back.
  actions target_is(std::string_view name, bool is_there, std::string why, mono_time now,
                    double random);

  /// Nothing is restarted by itself while the host is under pressure; `why` says so. None:
  /// it is not.
  actions pressure_is(std::optional<std::string> why, mono_time now);

  // Answers to the actions.
  actions stopped(std::string_view name, mono_time now);
  actions started(std::string_view name, mono_time now);
  /// Of the engine: there was nothing to act on, and is not until `target_is` says so. Of the
  /// machine: it is tried again a few seconds later.
  actions start_failed(std::string_view name, std::string reason, mono_time now, double random,
                       blame whose = blame::service);
  actions still_sick(std::string_view name, std::uint32_t incarnation, mono_time now);

  /// Somebody else stopped (a person's `docker stop`) or started it; `reason` says who.
  actions observed_stop(std::string_view name, std::string reason, mono_time now);
  actions observed_start(std::string_view name, mono_time now, std::string reason = {});
  /// Or froze it (`docker pause`): it is paused until `observed_start`, or until it fails.
  actions observed_pause(std::string_view name, std::string reason, mono_time now);

  /// An error says why not: no such service, no target, already so.
  result<actions> person(std::string_view name, order o, mono_time now);

  /// What is due by `now`.
  actions due(mono_time now);
  /// When `due` should be called next; none: nothing pends.
  std::optional<mono_time> next_due() const;

  /// A new config. Services that stay keep everything; new `process` services are
  /// started, removed ones stopped, changed ones (`restart.target` of a process)
  /// restarted, uncounted. A `stop` may name what the new config does not know, or
  /// no longer as a process: it means the old one.
  actions reload(const daemon_spec& spec, mono_time now);

  /// What was decided, and which restarts turned out how, since the last time.
  std::vector<tree_news> take_news();

  bool knows(std::string_view name) const;
  /// REQUIRES: knows(name).
  service_supervision supervision_of(std::string_view name, mono_time now) const;

  group_view view(mono_time now) const;

private:
  class state;
  std::unique_ptr<state> state_;
};

} // namespace reeve
