#pragma once

#include "supervisor/daemon_spec.hpp"
#include "supervisor/push_deadline.hpp"
#include "supervisor/time.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace reeve::actors {

/// What was pushed, by token. It outlives probes, so that nothing is lost while one is
/// started anew, and reloads, for tokens that stay. Loop thread only.
class push_inbox {
public:
  struct entry {
    std::string service;
    push_check limits;
    push_record record;
    mono_time known_since; ///< when the token came with the config
  };

  /// Takes the tokens of `spec`, and forgets others.
  void configure(const daemon_spec& spec, mono_time now);

  /// Null if there is no such token.
  const entry* take(std::string_view token, const push_signal& signal, mono_time now);
  const entry* find(std::string_view token) const;

private:
  std::unordered_map<std::string, entry> entries_; ///< hashed: no near miss takes longer
};

} // namespace reeve::actors
