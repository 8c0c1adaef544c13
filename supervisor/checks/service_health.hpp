#pragma once

#include "supervisor/checks/health_machine.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve {

/// The health of one service, made of what its checks say and what is known of its
/// process or container. Pure: no clock, no actor, no I/O.
///
/// - Gone (exited, container not running), or never started because it cannot: unhealthy, at once;
///   but healthy between two runs of what ends after each job (`clean_exit: uncounted`).
/// - Resting (meant to be down): unknown.
/// - Else the worst of the checks, and of the container's own HEALTHCHECK where the
///   restart target is a container that no docker check looks at.
/// - While the Docker engine does not answer nothing is known of its container:
///   unknown at best, and no liveness.
class service_health {
public:
  using spec_ptr = std::shared_ptr<const service_spec>;

  service_health(spec_ptr spec, mono_time now);

  /// Checks that did not change keep their state.
  void respec(spec_ptr spec, mono_time now);

  /// A new run began: everything starts again.
  void begin(mono_time now);
  /// Everything is unknown until `trust`, and then each check until its next verdict:
  /// what was remembered may be wrong.
  void doubt(const std::string& why);
  void trust();

  void checked(std::size_t check, const check_verdict& verdict, bool at_once, mono_time now);
  /// What a check asks says itself that it has only begun: what it said before is over.
  void starts(std::size_t check, const std::string& why, mono_time now);
  /// REQUIRES: check < number of checks.
  const health_machine& machine(std::size_t check) const;

  // What is known of the process or container.
  void process_runs();
  void not_started(std::string why);
  /// Unhealthy, and no reason to act: whoever ordered the start knows.
  void could_not_start(std::string why);
  void gone(std::string reason, bool clean, mono_time now);
  /// Gone, as its engine ended.
  void gone_with_engine(std::string reason, mono_time now);
  /// Gone, and the engine itself brings it back: unhealthy, and no reason to act.
  void gone_for_now(std::string reason, mono_time now);
  /// It is there and does nothing: nothing is known, and nothing can be asked.
  void frozen(std::string why);
  /// True if it came back from being down or frozen, or is another run (`started`) than before, by
  /// somebody else's hand. `why`: what its HEALTHCHECK says when it is unhealthy.
  bool container_runs(const std::string& healthcheck, const std::string& why, wall_time started,
                      mono_time now);
  void engine_unreachable(std::string why);
  void engine_reachable();

  void rest(std::string why);
  void rest_no_more();

  /// Something is there that checks may ask.
  bool is_up() const;
  /// It is gone, and Docker itself is bringing it back.
  bool is_restarted_by_engine() const;
  bool is_frozen() const;
  bool is_unreachable() const;

  struct picture {
    reeve::health health = health::starting;
    reeve::health liveness = health::starting;
    std::string check; ///< the worst one's name; "process" or "container" for facts
    std::string reason;
    int failures = 0;
    bool alive = true;
    bool clean = false;
    std::optional<mono_time> last_good;
    bool with_engine = false;

    /// The same but for words and numbers.
    bool tells_the_same(const picture& other) const;
  };
  picture look() const;

private:
  enum class run { up, not_started, failed_start, gone, frozen };

  picture look_at_checks() const;
  static void weigh(picture& p, const std::string& name, const health_machine& m, bool liveness);

  spec_ptr spec_;
  std::vector<health_machine> machines_;    ///< one for each check
  std::optional<health_machine> container_; ///< its own HEALTHCHECK
  std::string presence_name_;               ///< "process", "container" or ""
  run run_ = run::up;
  bool clean_ = false;
  bool engine_restarts_ = false;
  bool with_engine_ = false;
  std::optional<wall_time> started_; ///< of the container's run, as told; none: not yet
  std::string down_reason_;
  std::optional<std::string> unreachable_;
  std::optional<std::string> resting_;
  std::optional<std::string> doubt_;
  bool has_liveness_ = false;
  std::optional<mono_time> last_good_;
};

} // namespace reeve
