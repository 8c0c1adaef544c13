#pragma once

#include "supervisor/service_tree.hpp"

#include <string>
#include <vector>

namespace reeve {

// What those who carry tell those who show.

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
  service_tree::group_view services;
  actor_view actors;
};

/// How a person's order came out.
enum class order_answer { accepted, no_such_service, refused };

struct order_reply {
  order_answer what = order_answer::accepted;
  std::string message; ///< one sentence, when not accepted
};

} // namespace reeve
