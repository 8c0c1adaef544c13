#pragma once

#include "actors/listener_state.hpp"
#include "supervisor/facts/snapshot.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace reeve::actors {

/// What the aggregator leaves to its successor.
struct aggregator_memory {
  /// What is not in the picture but goes into the next one.
  struct record {
    std::uint64_t sequence = 0; ///< of the newest fact taken
    std::string worst_check;
    std::string health_reason;
    std::string supervision_reason;
  };

  std::shared_ptr<journal> unread = std::make_shared<journal>();
  std::unordered_map<std::string, record> records; ///< one for each service
  std::set<std::string, std::less<>> awaited;      ///< services that nothing is known of yet
  std::map<std::string, std::shared_ptr<const restart_record>, std::less<>>
    recalled; ///< from an earlier Reeve, until the first config
  bool configured = false;
  bool ready = false; ///< once it is so it stays so

  snapshot working;        ///< with every fact taken
  snapshot_ptr published;  ///< null: something has changed since
  bool change_due = false; ///< `outside::snapshot_changed` is called in the next turn

  /// How things stand, for others to keep.
  snapshot_ptr look() {
    if (!published)
      published = std::make_shared<const snapshot>(working);
    return published;
  }
};

/// The newest picture of every service, made from facts. Others look at it without
/// asking: they get an immutable snapshot.
class aggregator_state : public listener_state<aggregator_memory> {
public:
  std::string name = "aggregator"; ///< read by CAF

private:
  using record = aggregator_memory::record;

  void take(const fact& f) override;
  void take(service_picture& p, record& r, const check_finished& f);
  void take(service_picture& p, record& r, const health_changed& f);
  void take(service_picture& p, record& r, const supervision_changed& f);
  void take(service_picture& p, record& r, const decision_made& f);
  void take_config(const daemon_spec& spec);
  template <class Fact>
  void merge(const Fact& f);
  void changed();
};

} // namespace reeve::actors
