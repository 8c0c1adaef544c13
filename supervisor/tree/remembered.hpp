#pragma once

#include "supervisor/checks/push_deadline.hpp"
#include "supervisor/facts/decision.hpp"
#include "supervisor/health.hpp"
#include "supervisor/specs/service_spec.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve {

// What outlives Reeve. Times are on the wall, for no other clock does. What says nothing
// (`is_blank`) need not be kept: it is what a name begins with.

/// What the service tree knows of one service.
struct remembered_service {
  /// What is acted on when it is resumed, or when what it depends on is back.
  struct debt {
    std::string reason;
    bool counted = false; ///< its restart was decided before

    bool operator==(const debt&) const = default;
  };

  /// A `restart_trial`.
  struct trial {
    wall_time since;
    bool helped = false;

    bool operator==(const trial&) const = default;
  };

  std::string name;
  reeve::supervision state = supervision::running; ///< never `restarting`
  std::string reason;                              ///< of the state
  bool alive = true;
  std::uint64_t target = 0; ///< the `fingerprint` of what it was started with
  std::uint64_t restarts = 0;
  int attempt = 0; ///< of the backoff
  std::chrono::milliseconds last_delay{0};
  std::optional<wall_time> healthy_since; ///< in this run, if there is an attempt to forget
  std::optional<wall_time> due;           ///< of its restart, or of its careful try
  std::string waits_for;                  ///< the service it will be started with; empty: none
  bool on_trial = false;                  ///< by a careful try
  std::optional<debt> owed;               ///< of one that is paused, or held for a dependency
  std::optional<trial> newest_restart;    ///< whose outcome is open, or may relapse
  std::vector<wall_time> in_window;       ///< its restarts in a window of its own, oldest first

  bool operator==(const remembered_service&) const = default;
};

struct remembered_group {
  struct restart {
    wall_time at;
    std::string by; ///< the member; empty: not known, or of the budget

    bool operator==(const restart&) const = default;
  };

  std::string name;              ///< empty, as no group's: the host, with its budget
  std::vector<restart> restarts; ///< in the window that its members share, oldest first
  std::optional<wall_time> due;  ///< of the whole group's restart, or careful try
  bool careful = false;          ///< what is due
  bool on_trial = false;
  std::string reason;
  std::vector<wall_time> in_window; ///< those of the group as a member, if in a window of its own

  bool operator==(const remembered_group&) const = default;
};

/// A `push_record`.
struct remembered_push {
  struct failure {
    wall_time at;
    std::string reason;

    bool operator==(const failure&) const = default;
  };

  std::string service;
  std::string check;
  std::optional<wall_time> known_since; ///< none: nothing is remembered
  std::optional<wall_time> last_success;
  std::optional<failure> failed;
  std::optional<wall_time> started;
  std::optional<wall_time> measured;
  std::optional<std::chrono::milliseconds> duration;

  bool operator==(const remembered_push&) const = default;
};

/// What `explain` shows of one service. The record is shared with who shows it.
struct remembered_record {
  std::string service;
  std::shared_ptr<const restart_record> record; ///< null: nothing was decided

  bool operator==(const remembered_record& other) const;
};

/// All of it, or what changed.
struct remembered {
  std::vector<remembered_service> services;
  std::vector<remembered_group> groups;
  std::vector<remembered_push> pushes;
  std::vector<remembered_record> records;

  bool operator==(const remembered&) const = default;
};

/// How the keeping of it goes.
struct storage_health {
  std::string trouble;      ///< why it is not kept just now; empty: it is
  std::uint64_t errors = 0; ///< attempts that failed
  std::uint64_t writes = 0; ///< transactions
};

bool is_blank(const remembered_service& s);
bool is_blank(const remembered_group& g);
bool is_blank(const remembered_push& p);
bool is_blank(const remembered_record& r);

/// The same for the same target, in every build of Reeve.
std::uint64_t fingerprint(const restart_target& target);

/// What is said to have been: within the year before `now`, whatever the wall clock did.
mono_time when_past(const instant& now, wall_time t);
/// What is said to come: not before `now`, and not more than `most` after it.
mono_time when_due(const instant& now, wall_time t, std::chrono::milliseconds most);

remembered_push remember(const std::string& service, const std::string& check,
                         const push_record& record, mono_time known_since, const instant& now);
push_record recall(const remembered_push& p, const instant& now);

} // namespace reeve
