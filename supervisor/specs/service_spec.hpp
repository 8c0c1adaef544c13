#pragma once

#include "supervisor/specs/check_spec.hpp"
#include "supervisor/specs/restart_spec.hpp"
#include "supervisor/words.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve {

// What a person wrote, checked and with every default filled in. `config/`
// makes these; nobody changes them afterwards. All comparable, so that a reload
// can tell what changed.

struct service_spec {
  std::string name;
  std::string description;
  std::map<std::string, std::string> labels;
  std::vector<std::string> depends_on;
  std::vector<check_spec> checks;
  restart_spec restart;

  bool operator==(const service_spec&) const = default;
};

enum class strategy { one_for_one, one_for_all, rest_for_one };

enum class on_exhausted {
  give_up,  ///< the service whose restart was refused is given up
  escalate, ///< OTP: the group stops everything and fails as a child of its parent
};

/// A group of the service tree. Children in start order, each the name of a
/// service or a group.
struct group_spec {
  std::string name; ///< the root's is "root"
  reeve::strategy strategy = strategy::one_for_one;
  reeve::intensity intensity;
  reeve::on_exhausted on_exhausted = on_exhausted::give_up;
  std::chrono::milliseconds cooldown{120'000}; ///< 0: wait for a person
  restart_type type = restart_type::permanent; ///< the group as a child
  std::vector<std::variant<std::string, group_spec>> children;
  bool intensity_is_written = true; ///< by a person; else each member's own window counts

  bool operator==(const group_spec&) const = default;
};

// The config's words.
template <>
struct words<strategy> {
  static constexpr std::string_view all[] = {"one_for_one", "one_for_all", "rest_for_one"};
};
template <>
struct words<on_exhausted> {
  static constexpr std::string_view all[] = {"give_up", "escalate"};
};

} // namespace reeve
