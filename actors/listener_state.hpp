#pragma once

#include "actors/world.hpp"

#include <memory>
#include <utility>

namespace reeve::actors {

/// What every listener's state begins from: it takes the facts of its journal, one
/// after another. `Memory` outlives the actor and holds that journal, `unread`. A
/// listener that hears nothing but facts adds `name` and `take`, and its behaviour is
/// `listen` (listeners.cpp).
template <class Memory>
class listener_state {
public:
  using memory_ptr = std::shared_ptr<Memory>;

  virtual ~listener_state() = default;

  void begin(world_ptr w, memory_ptr memory) {
    world_ = std::move(w);
    memory_ = std::move(memory);
    drain();
  }

  /// What was missed before comes first; nothing if a predecessor's successor has had it.
  void heard(const told& t) {
    while (const auto fact = memory_->unread->take(t.position))
      take(*fact);
  }

protected:
  virtual void take(const fact& f) = 0;

  /// What was told while nobody lived.
  void drain() {
    while (const auto fact = memory_->unread->take_next())
      take(*fact);
  }

  world_ptr world_;
  memory_ptr memory_;
};

} // namespace reeve::actors
