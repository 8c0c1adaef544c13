#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <gtest/gtest.h>

namespace reeve::actors::test {

struct virtual_time_config : caf::actor_system_config {
  virtual_time_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// Actors under a clock that only `advance` moves, on the test's own thread.
class caf_fixture : public ::testing::Test {
protected:
  /// Lets everybody do what is to be done now.
  void run() {
    scheduler_.run();
  }

  /// From due time to due time, so that a timer that is set anew fires each time.
  void advance(std::chrono::nanoseconds by) {
    auto& clock = scheduler_.clock();
    auto end = clock.current_time + by;
    run();
    while (!clock.schedule().empty() && clock.schedule().begin()->first <= end) {
      clock.current_time = std::max(clock.current_time, clock.schedule().begin()->first);
      clock.trigger_expired_timeouts();
      run();
    }
    clock.current_time = end;
  }

  /// The system's destructor waits for all actors, and for all their timers.
  void TearDown() override {
    scheduler_.clock().cancel_all();
    run();
  }

  virtual_time_config config_;
  caf::actor_system system_{config_};
  caf::scoped_actor self_{system_, true};
  caf::scheduler::test_coordinator& scheduler_ =
    dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
};

} // namespace reeve::actors::test
