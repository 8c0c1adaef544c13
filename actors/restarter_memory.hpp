#pragma once

#include "actors/news.hpp"
#include "io/restart_targets.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reeve::actors {

/// An operation on a service, from the order to the moment its outcome was used. Its
/// completion writes the outcome here, whether or not a restarter lives.
struct operation_record {
  std::uint64_t id = 0;
  io::operation what = io::operation::restart;
  std::string cause; ///< see `cause_word`; empty: a first start, not a restart
  instant ordered;
  std::optional<std::chrono::microseconds> reaction; ///< see `restart_finished`
  std::optional<io::operation_outcome> outcome;
  bool waits = false; ///< for its predecessor
  bool waits_told = false;
  bool own_container = false; ///< on its restart target, which is one: its probe tells of that

  /// Of a start that failed. Nobody would tell that another container than its own is there.
  blame whose() const {
    return outcome->whose == blame::engine && !own_container ? blame::service : outcome->whose;
  }
};

/// What a person ordered, and who waits for the answer: empty when accepted.
struct person_order {
  std::string service;
  order what = order::restart;
  std::function<void(status)> answer;
};

/// What the restarter leaves to its successor: everything it knows. Nobody else
/// writes it, but for completions (`operations`), persons (`orders`) and the host (`pressure`).
struct restarter_memory {
  struct seen_failure {
    std::string cause;
    mono_time at;
    std::optional<mono_time> due;                      ///< its restart, as planned; none: at once
    std::optional<std::chrono::microseconds> reaction; ///< none: nothing was done yet
  };

  struct record {
    std::shared_ptr<const service_spec> spec; ///< null: removed, still to be stopped
    std::shared_ptr<const service_spec> run;  ///< what it was started with
    service_supervision told;
    std::optional<mono_time> started; ///< last, as far as we know
    std::optional<seen_failure> failure;
    std::shared_ptr<const health_changed> sick; ///< while its liveness is unhealthy
    std::optional<reeve::health> logged;        ///< since the last start that Reeve ordered
  };

  restarter_memory(std::shared_ptr<const daemon_spec> s, mono_time now)
      : spec{std::move(s)}, tree{*spec, now} {
  }

  std::shared_ptr<journal> unread = std::make_shared<journal>();
  std::shared_ptr<const daemon_spec> spec;
  service_tree tree;
  bool booted = false;
  bool closing = false;
  std::function<void()> idle; ///< while closing: called when no operation is under way

  std::map<std::string, record, std::less<>> records;
  std::deque<tree_action> actions; ///< decided, not carried out yet
  std::map<std::string, operation_record, std::less<>> operations;
  std::uint64_t last_operation = 0;
  std::deque<person_order> orders;
  std::optional<std::string> pressure; ///< why nothing may be restarted; none: it may
  std::set<std::string> unkept;        ///< services that may differ from what is kept on the disk
};

} // namespace reeve::actors
