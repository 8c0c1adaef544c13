#pragma once

#include "supervisor/facts/facts.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace reeve::actors {

// Facts beside those of supervisor/facts.hpp, for listeners inside this room.

/// Somebody else did something to the service (a person's `docker stop`), or what it is restarted
/// by is not there, or is again. Told each time.
struct run_observed {
  enum class kind { started, stopped, paused, target_there, no_target };

  fact_origin origin;
  kind what = kind::started;
  std::string reason;
};

/// This config holds from now on.
struct config_applied {
  std::shared_ptr<const daemon_spec> spec;
};

/// A config was loaded, or refused.
struct config_reloaded {
  bool ok = true;
};

/// One of our own actors was started again.
struct actor_respawned {
  std::string actor; ///< what it is: "probe", "group", "metrics", ...
};

/// An HTTP request was answered.
struct request_answered {
  std::string method;
  std::string endpoint;
  int status = 0;
  std::chrono::microseconds took{0};
};

using fact =
  std::variant<check_finished, health_changed, supervision_changed, decision_made, restart_finished,
               run_observed, config_applied, config_reloaded, actor_respawned, request_answered>;
using fact_ptr = std::shared_ptr<const fact>;

/// The facts told to one listener that it has not taken yet. It outlives the listener: what it
/// did not take is here for its successor, which drains it first. Loop thread only.
class journal {
public:
  /// Appends. True: nothing was in it, so the listener must be told that there is something.
  bool add(fact_ptr what) {
    unread_.push_back(std::move(what));
    return unread_.size() == 1;
  }

  /// Gives `take` all facts, the oldest first, also those that come meanwhile. A fact is gone once
  /// given, so one whose handling kills its actor does so only once.
  template <class Take>
  void drain(Take&& take) {
    while (!unread_.empty()) {
      const auto oldest = std::move(unread_.front());
      unread_.pop_front();
      take(*oldest);
    }
  }

private:
  std::deque<fact_ptr> unread_;
};

} // namespace reeve::actors
