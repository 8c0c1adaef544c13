#pragma once

#include "supervisor/play/peer_policies.hpp"
#include "supervisor/play/scenario.hpp"
#include "supervisor/play/tuning_run.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reeve {

/// What of a config is tuned for one service: its backoff, the limit of the window that holds for
/// it, which is its own or its group's, and what its group does then.
struct policy_choice {
  backoff_policy backoff;
  reeve::intensity intensity;
  reeve::on_exhausted on_exhausted = on_exhausted::give_up;

  bool operator==(const policy_choice&) const = default;
};

/// The group in which `service` stands. REQUIRES: it does.
const group_spec& group_of(const daemon_spec& spec, const std::string& service);

/// What `spec` says now. REQUIRES: it knows `service`.
policy_choice present_choice(const daemon_spec& spec, const std::string& service);

/// Puts `choice` in place of what `spec` says for `service`. REQUIRES: it knows that.
void apply(const policy_choice& choice, daemon_spec& spec, const std::string& service);

/// A few dozen to compare, those nearest to `present` first; without `present` itself.
std::vector<policy_choice> policy_grid(const policy_choice& present);

/// Plays `s` against `spec` with `choice` in place of what it says for `service`.
tuning_run play_choice(const policy_choice& choice, const daemon_spec& spec, const scenario& s,
                       const std::string& service, std::uint64_t seed);

/// What a policy cost, over all runs.
struct policy_score {
  double late_mean = 0; ///< seconds of downtime after a failure could have been over
  double late_max = 0;  ///< seconds
  double restarts = 0;  ///< a run of the scenario, mean
  double failures = 0;  ///< a run of the scenario, mean
  double gave_up = 0;   ///< share of the runs
};

policy_score score_of(const std::vector<tuning_run>& runs);

/// For each whether no other is better in one of extra downtime, restarts and giving up without
/// being worse in another. Of equals the first.
std::vector<bool> pareto_front(const std::vector<policy_score>& scores);

/// The best of `scores`: those that give up least; of them the one with the least product of extra
/// downtime and restarts, so that neither is bought dearly with the other. REQUIRES: there are
/// some.
std::size_t best_of(const std::vector<policy_score>& scores);

} // namespace reeve
