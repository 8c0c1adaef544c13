#pragma once

#include "actors/world.hpp"
#include "supervisor/snapshot.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

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
  std::map<std::string, record, std::less<>> records;
  std::set<std::string, std::less<>> awaited; ///< services that nothing is known of yet
  bool configured = false;
  bool ready = false; ///< once it is so it stays so

  snapshot working; ///< with every fact taken
  snapshot_ptr published = std::make_shared<const snapshot>();
  bool will_publish = false;
};

/// The newest picture of every service, made from facts. Published at most once per
/// turn of the loop, as an immutable snapshot that others read without asking.
class aggregator_state {
public:
  using pointer = aggregator_actor::stateful_pointer<aggregator_state>;

  std::string name = "aggregator"; ///< read by CAF

  void begin(pointer self, world_ptr w, std::shared_ptr<aggregator_memory> memory);
  void heard(const told& t);
  void publish();

private:
  using record = aggregator_memory::record;

  void take(const fact& f);
  void take(service_picture& p, record& r, const check_finished& f);
  void take(service_picture& p, record& r, const health_changed& f);
  void take(service_picture& p, record& r, const supervision_changed& f);
  void take_config(const daemon_spec& spec);
  template <class Fact>
  void merge(const Fact& f);

  pointer self_ = nullptr;
  world_ptr world_;
  std::shared_ptr<aggregator_memory> memory_;
};

aggregator_actor::behavior_type aggregator(aggregator_state::pointer self, world_ptr w,
                                           std::shared_ptr<aggregator_memory> memory);

} // namespace reeve::actors
