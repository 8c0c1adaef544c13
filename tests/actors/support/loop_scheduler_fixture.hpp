#pragma once

#include "actors/caf/loop_clock.hpp"
#include "actors/caf/loop_scheduler.hpp"
#include "tests/actors/support/running_loop.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace reeve::actors::test {

using namespace std::chrono_literals;
using go = caf::atom_constant<caf::atom("go")>;
using count = caf::atom_constant<caf::atom("count")>;

class loop_scheduler : public ::testing::Test {
protected:
  void begin() {
    running_.start();
  }
  caf::actor_system& system() {
    return *running_.system;
  }
  std::size_t pending_timers() {
    return dynamic_cast<loop_clock&>(system().clock()).pending();
  }
  /// Waits until the loop has done what it is at.
  void loop_turn() {
    std::promise<void> reached;
    running_.loop.post([&] { reached.set_value(); });
    reached.get_future().wait();
  }
  /// Waits for its end.
  static void end(caf::scoped_actor& self, const caf::actor& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    self->wait_for(actor);
  }

  running_loop running_;
};

inline caf::behavior counter(caf::stateful_actor<int>* self) {
  self->state = 0;
  return {
    [self](go) { ++self->state; },
    [self](count) { return self->state; },
  };
}

inline int ask_count(caf::scoped_actor& self, const caf::actor& actor) {
  int result = -1;
  self->request(actor, caf::infinite, count::value)
    .receive([&](int n) { result = n; }, [](caf::error&) {});
  return result;
}

} // namespace reeve::actors::test
