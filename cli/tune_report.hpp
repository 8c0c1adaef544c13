#pragma once

#include "supervisor/play/tuning.hpp"

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace reeve::cli {

/// One policy that was compared.
struct tuned_policy {
  std::string name;
  const peer_policy* peer = nullptr; ///< null: one of ours
  policy_choice choice;              ///< of ours
  policy_score score;
  bool on_front = false; ///< nothing of ours is better in one way without being worse in another
};

/// What `reeve tune` found. The first policy is the present one; the peers come last.
struct tune_report {
  std::string service;
  std::string scenario; ///< its file
  std::uint64_t seeds = 0;
  double spread = 0; ///< of its outages
  std::vector<tuned_policy> policies;
  std::size_t pick = 0;
  std::string yaml; ///< the pick, to paste into the config
};

/// `1s x 2 to 5m; 5 in 10m, give_up`.
std::string name_of(const policy_choice& choice);

/// What `choice` is in a config in which `service` stands where `spec` says.
std::string yaml_of(const policy_choice& choice, const daemon_spec& spec,
                    const std::string& service);

/// What was compared, in one line.
std::string headline(const tune_report& report);

/// One sentence: why the pick.
std::string reason_of(const tune_report& report);

/// Seconds for people: `0.4 s`, `2m30s`.
std::string seconds_text(double seconds);

void print_tuning(const tune_report& report, std::ostream& out);
void print_tuning_json(const tune_report& report, std::ostream& out);

/// One self-contained HTML page.
std::string tuning_page(const tune_report& report);

} // namespace reeve::cli
