#pragma once

#include "supervisor/checks/schedule.hpp"

#include <caf/actor_clock.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/group.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

namespace reeve::actors {

/// The actors' timers. Due times are rounded up to a grid of 10 ms, so that
/// thousands of them wake the loop a hundred times a second at most; those of one
/// slot keep the order they were set in. What an actor set, or others set for it,
/// goes when it exits. May be used from any thread.
class loop_clock final : public caf::actor_clock {
public:
  static constexpr auto grid = schedule_grid;

  /// `earlier` is called, on the setting thread, when the next due time moved up.
  explicit loop_clock(std::function<void()> earlier);

  /// Delivers what is due at `now`.
  void fire(time_point now);
  std::optional<time_point> next_due() const;
  std::size_t pending() const;

  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

private:
  struct timeout {
    caf::atom_value type;
    std::uint64_t id;
    bool only_one; ///< of its type
  };
  struct group_message {
    caf::group target;
    caf::strong_actor_ptr sender;
    caf::message content;
  };
  using payload = std::variant<timeout, caf::message_id, caf::mailbox_element_ptr, group_message>;

  struct event {
    caf::actor_id owner; ///< 0: nobody's
    caf::weak_actor_ptr receiver;
    payload what;
    std::size_t place = 0; ///< in the owner's list
  };

  using schedule_map = std::multimap<std::int64_t, event>; ///< by slot
  using position = schedule_map::iterator;

  void insert(time_point t, event e);
  event take(position p); ///< with the lock held; freeing what it returns is not
  template <class Predicate>
  std::vector<event> take_first(caf::actor_id owner, Predicate matches);
  static void deliver(event& e);

  mutable std::mutex lock_;
  std::function<void()> earlier_;
  schedule_map schedule_;
  std::unordered_map<caf::actor_id, std::vector<position>> owned_;
};

} // namespace reeve::actors
