#pragma once

#include "supervisor/checks/push_deadline.hpp"
#include "supervisor/facts/snapshot.hpp"
#include "supervisor/facts/views.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::http {

/// What the pages are made of: functions that `cli/` fills in, so that `http/`
/// knows no actor. All are called on the loop thread. Those that take a callback
/// may call it at once or later, on the loop thread, once; the client is told 503
/// if that takes too long. All must be filled, but for those that say otherwise.
struct hooks {
  std::function<snapshot_ptr()> snapshot;
  std::function<std::function<std::string()>()> metrics_text; ///< see `answer::parts`
  std::function<void(std::function<void(bool alive)>)> alive;
  std::function<bool()> ready;
  /// Why the state of services is not kept; empty: it is, or need not be. May be left empty.
  std::function<std::string()> storage_trouble;
  std::function<void(std::function<void(tree_view)>)> tree;
  std::function<void(const std::string& service, order o, std::function<void(order_reply)>)>
    give_order;
  /// What a service says of itself; false if nobody has this token. May be left empty:
  /// then there are none.
  std::function<bool(std::string_view token, const push_signal& signal)> push;
  /// The tree as configured now, for the groups inside groups. May be left empty:
  /// then only what a picture says of its service's group is known.
  std::function<std::shared_ptr<const group_spec>()> groups;
  /// Called after each answered request, for its metrics. May be left empty.
  /// `endpoint` is a route's pattern or "other", `method` a usual one or "other".
  std::function<void(std::string_view method, std::string_view endpoint, int status,
                     std::chrono::microseconds took)>
    answered;
};

} // namespace reeve::http
