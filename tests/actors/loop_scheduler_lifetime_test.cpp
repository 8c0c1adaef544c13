#include "actors/caf/actor_helpers.hpp"
#include "actors/caf/supervisor_actor.hpp"
#include "tests/actors/support/loop_scheduler_fixture.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace reeve::actors {

namespace {

using namespace test;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

TEST(loop_scheduler_lifetime, may_be_spawned_on_from_anywhere_on_the_loop) {
  io::loop loop;
  std::thread thread{[&] { loop.run(); }};
  std::atomic<int> lived = 0;
  for (auto i = 0; i < 100; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    std::promise<void> spawned;
    loop.post([&] {
      system.spawn([&](caf::event_based_actor*) { ++lived; }); // ends at once
      spawned.set_value();
    });
    spawned.get_future().wait();
  }
  loop.stop();
  thread.join();
  EXPECT_EQ(lived, 100);
}

TEST(loop_scheduler_lifetime, starts_and_stops_a_hundred_times_on_a_loop_that_runs) {
  io::loop loop;
  std::thread thread{[&] { loop.run(); }};
  for (auto i = 0; i < 100; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    caf::scoped_actor self{system};
    auto actor = system.spawn(counter);
    caf::delayed_anon_send(actor, 1h, go::value);
    caf::anon_send(actor, go::value);
    ASSERT_EQ(ask_count(self, actor), 1);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  loop.stop();
  thread.join();
}

TEST(loop_scheduler_lifetime, starts_and_stops_a_hundred_times_on_a_loop_that_does_not_run) {
  io::loop loop;
  auto ended = 0;
  for (auto i = 0; i < 100; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    auto actor = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->attach_functor([&] { ++ended; });
      return {[](go) {}};
    });
    caf::delayed_anon_send(actor, 1h, go::value);
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    run_ready(system);
  }
  EXPECT_EQ(ended, 100);
}

TEST(loop_scheduler_lifetime, a_loop_may_run_again_for_the_next_system) {
  io::loop loop;
  auto heard = 0;
  for (auto i = 0; i < 3; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    auto actor = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, 1ms, go::value);
      return {[&, self](go) {
        ++heard;
        self->quit();
        loop.stop();
      }};
    });
    loop.run(); // on this thread, as the daemon does
    EXPECT_EQ(heard, i + 1);
  }
}

std::size_t resident_pages() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident;
}

/// A hundred actors that crash as soon as they are started, each with a message to
/// itself pending for ten minutes, under our supervisor.
TEST_F(loop_scheduler, half_a_million_crashes_leave_no_memory_behind) {
  auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  const auto all = sanitized ? 20'000 : 500'000;
  auto crashes = 0;
  std::size_t early = 0;
  std::promise<void> done;
  supervisor_spec spec;
  spec.intensity = {1'000'000, 1ms};
  spec.respawned = [&](const std::string&) {
    if (++crashes == all / 10)
      early = resident_pages();
    if (crashes == all)
      done.set_value();
  };
  for (auto i = 0; i < 100; ++i) {
    child_spec child;
    child.name = "child " + std::to_string(i);
    child.start = [&](caf::local_actor& self) {
      return self.spawn([&](caf::event_based_actor* me) -> caf::behavior {
        set_handlers(me, "child");
        me->delayed_send(me, 10min, std::string(100, 'x'));
        if (crashes < all)
          me->send(me, go::value);
        return {[](go) { throw std::runtime_error("again"); }, [](const std::string&) {}};
      });
    };
    spec.children.push_back(child);
  }
  auto root = spawn_supervisor(system(), spec);
  begin();
  done.get_future().wait();
  auto late = resident_pages();
  EXPECT_LE(pending_timers(), 101u);
  if (!sanitized) {
    EXPECT_LE(late, early + early / 20) << early << " -> " << late << " pages";
  }
  RecordProperty("pages_early", std::to_string(early));
  RecordProperty("pages_late", std::to_string(late));
  caf::scoped_actor self{system()};
  end(self, caf::actor_cast<caf::actor>(root));
  spdlog::set_level(level);
}

} // namespace

} // namespace reeve::actors
