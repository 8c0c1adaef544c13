#pragma once

#include "io/docker_api.hpp"
#include "io/docker_engine.hpp"
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
/// event) and from what was remembered of the events. No I/O, no clock.
///
///   kill with the stop signal, die        -> somebody stops it: wait a while for `stop`
///   ... then `stop`                       -> stopped by a person
///   ... then nothing                      -> as below
///   die without it, exit code 0           -> ended
///   any other die                         -> failed
///   not running, and no die was seen      -> wait a while for its events; then failed
///   not running after a gap               -> failed, unless a person stopped it long before
class docker_judge {
public:
  /// By name or by (the beginning of) an id.
  explicit docker_judge(std::string reference);

  /// How long events may come after the state they tell of.
  static constexpr std::chrono::milliseconds patience{5'000};
  /// Stops that came this shortly before the end of the event stream are the engine's.
  static constexpr std::chrono::milliseconds engine_shutdown{30'000};

  /// Takes an event of any container; true: it calls for a look.
  bool take(const docker_api::event& e, mono_time now);

  struct ruling {
    std::vector<container_fact> facts; ///< news only
    std::optional<std::chrono::milliseconds> look_again;
  };

  /// Takes a look; none: there is no such container.
  ruling see(const std::optional<docker_api::container>& found, mono_time now);

  /// The events have come to an end: what follows is a gap. News only. A stop that was told as a
  /// person's and turns out to be the engine's is taken back: as `running`, and then unreachable.
  std::vector<container_fact> lost(const std::string& reason, mono_time now);

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
  /// How it is, as far as told; none: not looked at yet, or not running by our own doing.
  std::optional<container_fact> current() const;
  /// Worth keeping when nobody watches.
  bool remembers() const {
    return operations_ > 0 || remembered_ || stopped_ || ours_down_;
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

  struct stop {
    event_time when;
    mono_time learnt;
  };

  bool named(std::string_view id, std::string_view name) const;
  bool stop_signalled() const;
  void remember(const docker_api::event& e, mono_time now);
  void begin_run();
  void forget_before(wall_time run);
  void adopt(const docker_api::container& c);
  void see_running(const docker_api::container& c, ruling& out);
  void see_down(const docker_api::container& c, mono_time now, ruling& out);
  bool judge_death(const docker_api::container& c, mono_time now, ruling& out);
  void judge_unexplained(const docker_api::container& c, mono_time now, ruling& out);
  static bool wait(mono_time since, mono_time now, ruling& out);
  void tell(container_fact fact, wall_time run, ruling& out);

  std::string reference_;
  std::string id_;                   ///< of the container seen last; empty: none
  std::optional<wall_time> started_; ///< of the run seen last; none: a new one has begun since
  int stop_signal_ = 15;
  std::map<int, event_time> signals_;   ///< the newest of each in this run
  std::optional<death> died_;           ///< of this run, by an event
  std::optional<death> died_unseen_;    ///< of the run before: it was started before we looked
  std::optional<stop> stopped_;         ///< of this run, by an event
  std::optional<mono_time> found_down_; ///< by a look, without an event
  std::optional<wall_time> ended_;      ///< finish time of the end that was judged clean
  bool stopped_by_engine_ = false;
  bool remembered_ = false;
  bool after_gap_ = true; ///< not looked at since
  int operations_ = 0;
  bool ours_down_ = false; ///< an operation of ours left it so
  wall_time ours_until_{}; ///< events before are of our operations
  std::optional<container_fact> told_;
  wall_time told_run_{};
};

} // namespace reeve::io
