#pragma once

#include "actors/caf/loop_scheduler.hpp"
#include "io/loop/loop.hpp"

#include <caf/actor_system.hpp>

#include <optional>
#include <thread>

namespace reeve::actors::test {

/// A loop with an actor system on it, run by a thread of its own from `start` on.
class running_loop {
public:
  io::loop loop;
  loop_system_config config{loop};
  std::optional<caf::actor_system> system{std::in_place, config};

  void start() {
    thread_ = std::thread{[this] { loop.run(); }};
  }

  void stop() {
    if (!thread_.joinable())
      return;
    loop.stop();
    thread_.join();
  }

  std::thread::id id() const {
    return thread_.get_id();
  }

  /// The system goes while the loop still runs.
  ~running_loop() {
    system.reset();
    stop();
  }

private:
  std::thread thread_;
};

} // namespace reeve::actors::test
