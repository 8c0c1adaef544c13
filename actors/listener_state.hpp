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
    hear_facts();
  }

  /// All that waits, also what was told while nobody lived.
  void hear_facts() {
    memory_->unread->drain([this](const fact& f) { take(f); });
  }

protected:
  virtual void take(const fact& f) = 0;

  world_ptr world_;
  memory_ptr memory_;
};

} // namespace reeve::actors
