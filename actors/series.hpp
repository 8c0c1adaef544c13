#pragma once

#include "supervisor/facts/facts.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::actors {

/// A label set as it stands in the text, still open at its end:
/// `{service="web",group="app"`. The one place that escapes.
void append_labels(std::string& out,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

/// The numbers of one check.
struct check_series {
  static constexpr std::size_t results = 5; ///< of `check_result`

  std::string name;
  std::array<std::uint64_t, results> total{};
  double duration_sum = 0;
  std::uint64_t duration_count = 0;
};

/// The numbers of one service.
struct service_series {
  /// Takes on a new spec, or a changed one; checks that stay keep their numbers.
  void respec(const service_spec& spec, const std::string& group);

  void take(const check_finished& f);
  void take(const health_changed& f);
  void take(const supervision_changed& f);
  void take(const restart_finished& f);
  void take(const decision_made& f);

  std::string group;
  std::vector<check_series> checks;

  reeve::health health = health::starting;
  std::optional<mono_time> up_since;
  bool given_up = false;
  double backoff_seconds = 0;

  std::vector<std::pair<std::string, std::uint64_t>> restarts; ///< by reason: a few fixed words
  std::uint64_t restart_failures = 0;
  std::array<std::uint32_t, 3> outcomes{}; ///< of `restart_outcome`
};

} // namespace reeve::actors
