#include "actors/actor_helpers.hpp"
#include "actors/loop_clock.hpp"
#include "actors/loop_scheduler.hpp"
#include "actors/supervisor_actor.hpp"
#include "tests/actors/support/captured_log.hpp"
#include "tests/actors/support/running_loop.hpp"

#include <caf/after.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <stdexcept>

namespace reeve::actors {

namespace {

using namespace std::chrono_literals;
using test::running_loop;
using go = caf::atom_constant<caf::atom("go")>;
using count = caf::atom_constant<caf::atom("count")>;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

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

caf::behavior counter(caf::stateful_actor<int>* self) {
  self->state = 0;
  return {
    [self](go) { ++self->state; },
    [self](count) { return self->state; },
  };
}

int ask_count(caf::scoped_actor& self, const caf::actor& actor) {
  int result = -1;
  self->request(actor, caf::infinite, count::value)
    .receive([&](int n) { result = n; }, [](caf::error&) {});
  return result;
}

TEST_F(loop_scheduler, resumes_actors_on_the_thread_of_the_loop) {
  std::promise<std::pair<std::thread::id, bool>> where;
  auto actor = system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](go) {
      where.set_value({std::this_thread::get_id(), running_.loop.on_loop_thread()});
    }};
  });
  caf::anon_send(actor, go::value); // before the loop runs
  begin();
  auto [thread, on_loop] = where.get_future().get();
  EXPECT_EQ(thread, running_.id());
  EXPECT_TRUE(on_loop);
  caf::scoped_actor self{system()};
  end(self, actor);
}

TEST_F(loop_scheduler, loses_no_message_of_other_threads) {
  begin();
  caf::scoped_actor self{system()};
  auto actor = system().spawn(counter);
  std::vector<std::thread> senders;
  for (auto i = 0; i < 4; ++i)
    senders.emplace_back([&] {
      for (auto n = 0; n < 50'000; ++n)
        caf::anon_send(actor, go::value);
    });
  for (auto& s : senders)
    s.join();
  EXPECT_EQ(ask_count(self, actor), 200'000);
  end(self, actor);
}

TEST_F(loop_scheduler, wakes_for_a_message_when_it_has_nothing_to_do) {
  begin();
  caf::scoped_actor self{system()};
  auto actor = system().spawn(counter);
  for (auto i = 0; i < 1000; ++i) { // each waits for the answer to the one before
    caf::anon_send(actor, go::value);
    ASSERT_EQ(ask_count(self, actor), i + 1);
  }
  end(self, actor);
}

TEST_F(loop_scheduler, takes_messages_from_what_else_runs_on_the_loop) {
  begin();
  caf::scoped_actor self{system()};
  auto actor = system().spawn(counter);
  std::promise<void> sent;
  running_.loop.post([&] {
    running_.loop.call_after(1ms, [&] {
      caf::anon_send(actor, go::value);
      sent.set_value();
    });
  });
  sent.get_future().wait();
  EXPECT_EQ(ask_count(self, actor), 1);
  end(self, actor);
}

TEST_F(loop_scheduler, lets_the_loop_do_its_work_under_a_flood_of_messages) {
  auto flood = [](caf::event_based_actor* self) -> caf::behavior {
    self->send(self, go::value);
    return {[self](go) { self->send(self, go::value); }};
  };
  auto a = system().spawn(flood);
  auto b = system().spawn(flood);
  begin();
  for (auto i = 0; i < 100; ++i) {
    loop_turn();
  }
  caf::scoped_actor self{system()};
  end(self, a);
  end(self, b);
}

TEST_F(loop_scheduler, delivers_delayed_messages_by_due_time_and_then_in_order) {
  begin();
  std::promise<std::vector<int>> all;
  auto actor = system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    auto got = std::make_shared<std::vector<int>>();
    auto due = self->clock().now() + 30ms;
    for (auto i = 0; i < 100; ++i)
      self->scheduled_send(self, due, 200 + i);
    self->delayed_send(self, 60ms, 999);
    self->scheduled_send(self, due - 15ms, 100);
    self->delayed_send(self, 0ms, 0);
    return {[&all, self, got](int n) {
      got->push_back(n);
      if (n == 999) {
        all.set_value(*got);
        self->quit();
      }
    }};
  });
  auto got = all.get_future().get();
  ASSERT_EQ(got.size(), 103u);
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST_F(loop_scheduler, delivers_nothing_before_it_is_due) {
  begin();
  std::promise<std::chrono::nanoseconds> waited;
  auto began = std::chrono::steady_clock::now();
  auto actor = system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, 25ms, go::value);
    return {[&, self](go) {
      waited.set_value(std::chrono::steady_clock::now() - began);
      self->quit();
    }};
  });
  EXPECT_GE(waited.get_future().get(), 25ms);
}

TEST_F(loop_scheduler, drops_the_timers_of_an_actor_that_ends) {
  begin();
  caf::scoped_actor self{system()};
  auto bystander = system().spawn(counter);
  caf::delayed_anon_send(bystander, 1h, go::value);
  auto actor = system().spawn([bystander](caf::event_based_actor* me) -> caf::behavior {
    for (auto i = 0; i < 1000; ++i)
      me->delayed_send(me, std::chrono::minutes{1 + i % 7}, go::value);
    me->request(bystander, std::chrono::seconds{3600}, count::value).then([](int) {});
    return {[](go) {}, [me](count) { me->quit(); }};
  });
  caf::anon_send(actor, count::value);
  self->wait_for(actor);
  loop_turn(); // its end is told before its timers go
  EXPECT_EQ(pending_timers(), 1u) << "that of the bystander";
  caf::delayed_anon_send(actor, 1h, go::value);
  EXPECT_EQ(pending_timers(), 1u) << "the dead get no mail";
  end(self, bystander);
  loop_turn();
  EXPECT_EQ(pending_timers(), 0u);
}

TEST_F(loop_scheduler, ends_requests_that_take_too_long) {
  begin();
  caf::scoped_actor self{system()};
  auto silent = system().spawn([](caf::event_based_actor* me) -> caf::behavior {
    return {[me](go) { return me->make_response_promise(); }};
  });
  std::promise<caf::error> answer;
  auto asking = system().spawn([&](caf::event_based_actor* me) {
    me->request(silent, 20ms, go::value)
      .then([](int) {}, [&](caf::error& e) { answer.set_value(e); });
  });
  EXPECT_EQ(answer.get_future().get(), caf::sec::request_timeout);
  end(self, silent);
}

TEST_F(loop_scheduler, tells_an_actor_that_it_heard_nothing) {
  begin();
  std::promise<void> bored;
  auto actor = system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[](go) {}, caf::after(10ms) >>
                         [&, self] {
                           bored.set_value();
                           self->quit();
                         }};
  });
  bored.get_future().wait();
}

TEST_F(loop_scheduler, outlives_a_handler_that_throws) {
  test::captured_log logged;
  begin();
  caf::scoped_actor self{system()};
  auto broken = system().spawn([](caf::event_based_actor* me) -> caf::behavior {
    set_handlers(me, "broken");
    return {[](go) { throw std::runtime_error("no such luck"); }};
  });
  self->monitor(broken);
  caf::anon_send(broken, go::value);
  self->receive([](caf::down_msg& down) { EXPECT_EQ(down.reason, caf::sec::runtime_error); });
  auto healthy = system().spawn(counter);
  EXPECT_EQ(ask_count(self, healthy), 0);
  end(self, healthy);
  EXPECT_NE(logged.text().find("broken: a handler failed: no such luck"), std::string::npos);
}

TEST_F(loop_scheduler, prints_nothing_but_logs_it) {
  test::captured_log logged;
  begin();
  auto bare = system().spawn([](caf::event_based_actor*) -> caf::behavior { return {[](go) {}}; });
  caf::anon_send(bare, std::string{"surprise"});
  caf::anon_send_exit(bare, caf::exit_reason::user_shutdown);
  ::testing::internal::CaptureStdout();
  running_.system.reset();
  running_.stop();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_NE(logged.text().find("surprise"), std::string::npos) << logged.text();
}

TEST(loop_scheduler_lifetime, may_be_spawned_on_from_anywhere_on_the_loop) {
  io::loop loop;
  std::thread thread{[&] { loop.run(); }};
  for (auto i = 0; i < 100; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    std::promise<void> spawned;
    loop.post([&] {
      system.spawn([](caf::event_based_actor*) {}); // ends at once
      spawned.set_value();
    });
    spawned.get_future().wait();
  }
  loop.stop();
  thread.join();
}

struct named {
  std::string name;
};

caf::behavior slow(caf::stateful_actor<named>* self) {
  self->state.name = "the slow one";
  return {[](go) { std::this_thread::sleep_for(25ms); }, [](count) { return 0; }};
}

TEST_F(loop_scheduler, names_a_handler_that_holds_the_loop_once_a_second_at_most) {
  test::captured_log logged;
  begin();
  auto actor = system().spawn(slow);
  for (auto i = 0; i < 3; ++i)
    caf::anon_send(actor, go::value);
  ask_count(*std::make_unique<caf::scoped_actor>(system()), actor);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  running_.system.reset(); // waits for it
  running_.stop();
  auto text = logged.text();
  auto first = text.find("the slow one (actor ");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_EQ(text.find("more since"), std::string::npos) << text;
  EXPECT_EQ(text.find("held the loop", text.find("held the loop") + 1), std::string::npos) << text;
}

TEST_F(loop_scheduler, leaves_detached_actors_their_own_thread) {
  begin();
  caf::scoped_actor self{system()};
  auto detached = system().spawn<caf::detached>([&](caf::event_based_actor* me) -> caf::behavior {
    return {[&, me](go) {
              me->delayed_send(me, 10ms, std::string{"later"});
              return std::this_thread::get_id() != running_.id();
            },
            [me](const std::string&) { me->quit(); }};
  });
  self->request(detached, caf::infinite, go::value)
    .receive([](bool elsewhere) { EXPECT_TRUE(elsewhere); }, [](caf::error&) { FAIL(); });
  self->wait_for(detached);
  auto blocking =
    system().spawn<caf::detached>([](caf::blocking_actor* me) { me->receive([](go) {}); });
  caf::anon_send(blocking, go::value);
  self->wait_for(blocking);
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
  for (auto i = 0; i < 3; ++i) {
    loop_system_config config{loop};
    caf::actor_system system{config};
    auto actor = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      self->delayed_send(self, 1ms, go::value);
      return {[&, self](go) {
        self->quit();
        loop.stop();
      }};
    });
    loop.run(); // on this thread, as the daemon does
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
