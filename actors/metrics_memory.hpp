#pragma once

#include "actors/daemon_series.hpp"
#include "actors/news.hpp"
#include "actors/series.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace reeve::actors {

/// What the metrics actor leaves to its successor: every number.
struct metrics_memory {
  metrics_memory(const std::string& prefix_, const std::string& version)
      : prefix{prefix_}, daemon{prefix_, version} {
  }

  std::shared_ptr<journal> unread = std::make_shared<journal>();
  std::string prefix; ///< for as long as Reeve runs
  daemon_series daemon;

  using series_map = std::unordered_map<std::string, service_series>;
  series_map services;                                 ///< by name
  std::vector<const series_map::value_type*> in_order; ///< of their names
};

} // namespace reeve::actors
