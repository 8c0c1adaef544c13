#pragma once

#include "supervisor/facts/decision.hpp"
#include "supervisor/health.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve {

/// The newest picture of one check.
struct check_picture {
  std::string name;
  std::string_view kind; ///< what `kind_of` says
  std::string_view role; ///< what `to_string(role)` says
  reeve::health health = health::starting;
  std::string reason;
  std::optional<wall_time> since;
  std::optional<wall_time> last_check;
  std::optional<wall_time> next_check;
  std::chrono::microseconds latency{0};
};

/// The newest picture of one service. Immutable once published.
struct service_picture {
  std::string name;
  std::string group;
  std::string description;
  std::map<std::string, std::string> labels;
  reeve::health health = health::starting;
  reeve::supervision supervision = supervision::running;
  bool has_target = false; ///< it can be restarted at all
  std::string reason;
  wall_time since;
  std::optional<wall_time> next_restart;
  int attempt = 0;
  std::uint64_t restarts = 0;
  std::vector<check_picture> checks;
  std::shared_ptr<const restart_record> record; ///< null: nothing was decided yet
};

/// All services at one moment. Immutable, and cheap to make from the one before:
/// unchanged blocks of pictures are shared. Readable from any thread.
class snapshot {
public:
  using picture = std::shared_ptr<const service_picture>;

  snapshot() = default;
  /// In this order. REQUIRES: no name is there twice.
  explicit snapshot(const std::vector<picture>& all);

  /// The same with this picture put in its place; a new one comes last, which costs
  /// all services.
  snapshot with(picture p) const;
  /// A picture to be changed in its place: this snapshot's own, a copy if it was shared.
  /// Null if there is none. REQUIRES: no picture was made as a const object.
  service_picture* edit(std::string_view name);
  /// The same without this service. Cost: all services.
  snapshot without(std::string_view name) const;

  std::size_t size() const;
  /// Null if there is none.
  picture find(std::string_view name) const;
  const service_picture& at(std::size_t index) const;

private:
  static constexpr std::size_t block_size = 16;
  using block = std::vector<picture>;
  struct place {
    std::uint32_t hash;
    std::uint32_t at;
  };
  using index = std::vector<place>; // sorted by the hash of the name

  std::vector<picture> all() const;
  std::optional<std::size_t> position(std::string_view name) const;
  picture& own(std::size_t at);

  std::shared_ptr<const index> index_; // changes only with the set of services
  std::vector<std::shared_ptr<block>> blocks_;
  std::size_t size_ = 0;
};

using snapshot_ptr = std::shared_ptr<const snapshot>;

} // namespace reeve
