#include "actors/caf/actor_helpers.hpp"
#include "tests/actors/support/captured_log.hpp"
#include "tests/actors/support/loop_scheduler_fixture.hpp"

#include <caf/after.hpp>
#include <caf/blocking_actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace reeve::actors {

namespace {

using namespace test;

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
  std::atomic<int> floods = 0;
  auto flood = [&](caf::event_based_actor* self) -> caf::behavior {
    self->send(self, go::value);
    return {[&, self](go) {
      ++floods;
      self->send(self, go::value);
    }};
  };
  auto a = system().spawn(flood);
  auto b = system().spawn(flood);
  begin();
  for (auto i = 0; i < 100; ++i)
    loop_turn(); // would not come back, were there no turn for it
  EXPECT_GT(floods, 100) << "nor are the messages put off";
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
  EXPECT_EQ(bored.get_future().wait_for(10s), std::future_status::ready);
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

struct named {
  std::string name;
};

int count_of(const std::string& words, const std::string& text) {
  auto count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
    ++count;
  return count;
}

caf::behavior slow(caf::stateful_actor<named>* self) {
  self->state.name = "the slow one";
  return {[](go) { std::this_thread::sleep_for(25ms); }, [](count) { return 0; }};
}

TEST_F(loop_scheduler, names_a_handler_that_holds_the_loop_once_a_second_at_most) {
  test::captured_log logged;
  begin();
  auto actor = system().spawn(slow);
  const auto began = std::chrono::steady_clock::now();
  for (auto i = 0; i < 3; ++i) {
    caf::anon_send(actor, go::value);
    ask_count(*std::make_unique<caf::scoped_actor>(system()), actor);
    loop_turn(); // it is told of, and still alive
  }
  const auto took = std::chrono::steady_clock::now() - began;
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  running_.system.reset(); // waits for it
  running_.stop();
  const auto text = logged.text();
  EXPECT_NE(text.find("the slow one (actor "), std::string::npos) << text;
  const auto lines = count_of("held the loop", text);
  EXPECT_GE(lines, 1) << text;
  EXPECT_LE(lines, 1 + took / 1s) << text;
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

} // namespace

} // namespace reeve::actors
