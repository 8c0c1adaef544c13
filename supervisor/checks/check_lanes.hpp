#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>

namespace reeve {

/// Decides which checks run at once. One that runs has a place; one that finds none
/// waits, and who waits longest goes first. Targets that hung the last time go in a
/// lane that has at most half of the places: however many hang, the others go on.
///
/// When something of ours runs out there are fewer places at once, and more again,
/// little by little, while nothing does. What began before the last cut says nothing
/// about it, so that one burst cuts once.
class check_lanes {
public:
  using ticket = std::uint64_t;
  enum class lane { normal, slow };

  explicit check_lanes(std::size_t most);

  ticket enter(lane by);
  /// Who begins now; none: there is no place, or nobody waits for one. Ask until none.
  std::optional<ticket> next();
  /// A run came to its end. `exhausted`: for want of something of ours.
  void finished(ticket t, bool exhausted);
  /// Is no more: it says nothing about what there is. It may wait or run.
  void leave(ticket t);

  std::size_t places() const {
    return places_;
  }
  std::size_t running() const {
    return running_.size();
  }
  std::size_t waiting() const;

private:
  struct run {
    lane by = lane::normal;
    std::uint64_t began = 0; ///< counts those that began
  };
  struct one_lane {
    std::set<ticket> waiting;
    std::size_t running = 0;
  };

  one_lane& at(lane l) {
    return lanes_[static_cast<std::size_t>(l)];
  }
  void cut();
  void grow();

  std::size_t most_;
  std::size_t places_;
  std::array<one_lane, 2> lanes_;
  std::unordered_map<ticket, run> running_;
  ticket last_ = 0;
  std::uint64_t begun_ = 0;
  std::uint64_t begun_at_cut_ = 0;
  std::size_t good_ = 0; ///< runs since there were more places the last time
};

} // namespace reeve
