#pragma once

#include "supervisor/specs/service_spec.hpp"
#include "supervisor/words.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

// What those who carry tell those who show.

/// A restart window: what it admits, and what it holds.
struct window_view {
  reeve::intensity intensity;
  int restarts = 0; ///< without one that was refused: at most `intensity.restarts`
};

struct service_view {
  std::string name;
  std::optional<window_view> window = {}; ///< its own; none: its group's counts, or nothing does
};

struct group_view {
  std::string name;
  reeve::strategy strategy = strategy::one_for_one;
  std::optional<window_view> window; ///< of all its members; none: each has its own
  std::vector<std::variant<service_view, group_view>> children;
};

/// One of Reeve's own actors and those below it.
struct actor_view {
  std::string name;
  std::string strategy; ///< empty for a worker
  bool alive = true;
  int respawns = 0;
  std::vector<actor_view> children;
};

/// Both trees: the user's services, and our own actors.
struct tree_view {
  group_view services;
  actor_view actors;
};

/// What a person can order.
enum class order { restart, stop, start, pause, resume };

template <>
struct words<order> {
  static constexpr std::string_view all[] = {"restart", "stop", "start", "pause", "resume"};
};

/// How a person's order came out.
enum class order_answer { accepted, no_such_service, refused };

struct order_reply {
  order_answer what = order_answer::accepted;
  std::string message; ///< one sentence, when not accepted
};

} // namespace reeve
