#pragma once

#include "supervisor/play/chance.hpp"
#include "supervisor/play/scenario.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reeve {

/// The failures of a scenario in the order of their times, written and random ones. They depend on
/// `seed` alone and not on what a policy does, so that policies are compared by the same
/// failures. The scenario must outlive it.
class failure_stream {
public:
  failure_stream(const scenario& s, std::uint64_t seed);

  struct failure {
    std::chrono::milliseconds at;
    const std::string* service;
    bool clean;
    std::chrono::milliseconds down_for;
  };

  /// When the next one comes; the largest of all times: none comes.
  std::chrono::milliseconds next_at() const;
  /// REQUIRES: one comes.
  failure pop();

private:
  struct source {
    const random_failures* of;
    chance random;
    std::chrono::milliseconds at;
  };

  static void draw(source& s, std::chrono::milliseconds from);
  std::chrono::milliseconds stretched(std::chrono::milliseconds outage, chance& random) const;
  static bool is_later(const source& a, const source& b);

  std::uint64_t seed_;
  double spread_;
  std::vector<const scripted_failure*> scripted_; // the next one last
  std::vector<source> random_;                    // a heap, the next one first
};

} // namespace reeve
