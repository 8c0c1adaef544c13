#pragma once

#include "io/docker/container.hpp"
#include "io/docker/docker_api.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

/// What is known of one watched container, and the rules of who stopped it. Events only hint: a
/// fact is made from a look at the container (an inspection that was asked for after the newest
/// event, on a connection of its own) and from what was remembered of the events. No I/O, no clock.
///
///   kill with the stop signal, die        -> somebody stops it: wait a while for `stop`
///   ... then `stop`, and then a look      -> stopped by a person: an engine that shuts down
///                                            answers no new connection, so that no look comes
///   ... then `stop`, and no look          -> the engine's doing, unless the engine of after the
///                                            gap is the same
///   ... then nothing                      -> as below
///   die without it, exit code 0           -> ended
///   any other die                         -> failed
///   not running, and no die was seen      -> wait a while for its events; then failed
///   not running after a gap               -> as before the gap, if that is known; else failed
///   ... and the engine is another         -> the same, and explained by the engine's end. What it
///                                            tells to have stopped before its first `start` of
///                                            the container was its own doing when it began
///   paused                                -> paused by a person, for no engine pauses
class docker_judge {
public:
  /// By name or by (the beginning of) an id.
  explicit docker_judge(std::string reference);

  /// How long events may come after the state they tell of.
  static constexpr std::chrono::milliseconds patience{5'000};

  /// Takes an event of any container; true: it calls for a look.
  bool take(const docker_api::event& e, mono_time now);

  struct ruling {
    std::vector<container_fact> facts; ///< news only
    std::optional<std::chrono::milliseconds> look_again;
  };

  /// Takes a look; none: there is no such container.
  ruling see(const std::optional<docker_api::container>& found, mono_time now);

  /// The events have come to an end: what follows is a gap. News only.
  std::vector<container_fact> lost(const std::string& reason);

  /// An engine answers again, or for the first time; before it tells what was missed. Not the same
  /// as before: it ended meanwhile, and whatever ran with it.
  void engine_found(bool is_same);

  /// What was told may be wrong by now: the next look is news.
  void doubt();

  /// While an operation of ours is under way there is no news.
  void operation_begun();
  /// `left`: what a look found afterwards, if it could be had.
  void operation_ended(const std::optional<docker_api::container>& left);

  void remember_stopped();
  /// Whatever comes next is news.
  void forget_told() {
    told_.reset();
  }

  /// Whether it is the container that is watched here.
  bool is(const docker_api::container& c) const;
  const std::string& reference() const {
    return reference_;
  }
  /// How it is, as far as told; none: not looked at yet, or down by our own doing, which is told
  /// after a gap only.
  std::optional<container_fact> current() const;
  /// Worth keeping when nobody watches.
  bool remembers() const {
    return operations_ > 0 || by_person_ || stopped_ || ours_down_;
  }

private:
  using event_time = std::chrono::sys_time<std::chrono::nanoseconds>;

  struct death {
    event_time when;
    mono_time learnt;
    int exit_code = 0;
    bool killed = false;  ///< by `docker kill`
    bool settled = false; ///< a look has answered it
  };

  /// What an end was found to be, for as long as it is not started again.
  struct judged_end {
    wall_time finished;
    container_fact fact;
  };

  bool named(std::string_view id, std::string_view name) const;
  bool stop_signalled() const;
  void remember(const docker_api::event& e, mono_time now);
  void begin_run();
  void forget_before(wall_time run);
  void adopt(const docker_api::container& c);
  void see_running(const docker_api::container& c, ruling& out);
  bool judge_down(const docker_api::container& c, mono_time now, ruling& out);
  void see_down(const docker_api::container& c, mono_time now, ruling& out);
  bool judge_death(const docker_api::container& c, mono_time now, ruling& out);
  bool judge_unexplained(const docker_api::container& c, mono_time now, ruling& out);
  void conclude(const container_fact& fact, wall_time finished, ruling& out);
  static bool wait(mono_time since, mono_time now, ruling& out);
  void tell(container_fact fact, wall_time run, ruling& out);

  std::string reference_;
  std::string id_;                   ///< of the container seen last; empty: none
  std::optional<wall_time> started_; ///< of the run seen last; none: a new one has begun since
  int stop_signal_ = 15;
  std::map<int, event_time> signals_;   ///< the newest of each in this run
  std::optional<death> died_;           ///< of this run, by an event
  std::optional<death> died_unseen_;    ///< of the run before: it was started before we looked
  std::optional<event_time> stopped_;   ///< of this run, by an event; not looked at since
  std::optional<mono_time> found_down_; ///< by a look, without an event
  std::optional<judged_end> end_;
  bool by_person_ = false; ///< it is down, and a person's word
  bool after_gap_ = true;  ///< not looked at since
  bool was_lost_ = false;  ///< it is not the first
  bool ran_before_gap_ = false;
  bool engine_is_other_ = false; ///< than before the gap; not looked at since
  bool owes_word_ = false;       ///< also on what is down by our doing
  int operations_ = 0;
  bool ours_down_ = false; ///< an operation of ours left it so
  wall_time ours_until_{}; ///< events before are of our operations
  std::optional<container_fact> told_;
  wall_time told_run_{};
};

} // namespace reeve::io
