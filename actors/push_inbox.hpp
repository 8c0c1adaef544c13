#pragma once

#include "supervisor/checks/push_deadline.hpp"
#include "supervisor/specs/daemon_spec.hpp"
#include "supervisor/time.hpp"
#include "supervisor/tree/remembered.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace reeve::actors {

/// What was pushed, by token. It outlives probes, so that nothing is lost while one is
/// started anew, and reloads, for tokens that stay. Loop thread only.
class push_inbox {
public:
  struct entry {
    std::string service;
    std::string check; ///< its name in the service
    push_check limits;
    push_record record;
    mono_time known_since; ///< when the token came with the config
  };

  /// Takes the tokens of `spec`, and forgets others.
  void configure(const daemon_spec& spec, mono_time now);
  /// What an earlier Reeve was told.
  void take_over(const std::vector<remembered_push>& before, const instant& now);
  /// All of it, to be kept.
  std::vector<remembered_push> remember(const instant& now) const;

  /// Null if there is no such token.
  const entry* take(std::string_view token, const push_signal& signal, mono_time now);
  const entry* find(std::string_view token) const;

private:
  std::unordered_map<std::string, entry> entries_; ///< hashed: no near miss takes longer
};

} // namespace reeve::actors
