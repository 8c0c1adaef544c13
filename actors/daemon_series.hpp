#pragma once

#include "actors/news.hpp"
#include "actors/outside.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::actors {

/// One family's name and its whole text.
using family_text = std::pair<std::string, std::string>;

/// The daemon-wide families, which are few: in a registry.
class daemon_series {
public:
  daemon_series(const std::string& prefix, const std::string& version);

  void take(const check_finished& f);
  void take(const restart_finished& f);
  void take(const actor_respawned& f);
  void take(const config_reloaded& f);
  void take(const request_answered& f);
  void take(const process_usage& now);
  void take(const storage_health& now);

  std::vector<family_text> text() const;

private:
  template <class Metric>
  using family = prometheus::Family<Metric>*;

  std::shared_ptr<prometheus::Registry> registry_;
  family<prometheus::Histogram> latency_, request_duration_;
  family<prometheus::Counter> respawns_, reloads_, requests_;
  std::map<std::string_view, prometheus::Histogram*> latency_by_kind_;
  prometheus::Histogram* lag_;
  prometheus::Histogram* reaction_;
  prometheus::Counter* cpu_ = nullptr; ///< these four, once they are known
  prometheus::Gauge* resident_ = nullptr;
  prometheus::Gauge* open_fds_ = nullptr;
  prometheus::Gauge* start_time_ = nullptr;
  prometheus::Gauge* longest_turn_ = nullptr;
  prometheus::Gauge* kept_ = nullptr; ///< null, as the next two: nothing is to be kept
  prometheus::Counter* writes_ = nullptr;
  prometheus::Counter* errors_ = nullptr;
  std::string prefix_;
};

} // namespace reeve::actors
