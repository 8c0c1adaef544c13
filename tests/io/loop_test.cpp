#include "io/loop/loop.hpp"
#include "tests/io/support/until.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using reeve::io::loop;
using reeve::io::test::run_until;

TEST(loop, runs_what_is_posted_from_other_threads_each_once_and_in_each_threads_order) {
  loop l;
  constexpr int threads = 4;
  constexpr int each = 2'000;
  std::vector<std::vector<int>> seen(threads);
  int total = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        l.post([&, t, i] {
          seen[t].push_back(i);
          if (++total == threads * each)
            l.stop();
        });
    });
  l.run();
  for (auto& p : posters)
    p.join();
  for (const auto& order : seen) {
    ASSERT_EQ(order.size(), each);
    for (int i = 0; i < each; ++i)
      ASSERT_EQ(order[i], i);
  }
}

TEST(loop, can_be_run_and_stopped_a_hundred_times) {
  loop l;
  int runs = 0;
  for (int i = 0; i < 100; ++i) {
    std::thread stopper;
    l.post([&] {
      ++runs;
      stopper = std::thread{[&] { l.stop(); }};
    });
    l.run();
    stopper.join();
  }
  EXPECT_EQ(runs, 100);
}

TEST(loop, can_be_made_and_destroyed_a_hundred_times_on_a_thread_of_its_own) {
  for (int i = 0; i < 100; ++i) {
    loop l;
    std::atomic<bool> ran = false;
    std::thread runner{[&] { l.run(); }};
    l.post([&] { ran = true; });
    l.post([&] { l.stop(); });
    runner.join();
    EXPECT_TRUE(ran);
  }
}

TEST(loop, knows_its_thread_only_while_it_runs) {
  loop l;
  EXPECT_FALSE(l.on_loop_thread());
  bool inside = false;
  bool elsewhere = true;
  l.post([&] {
    inside = l.on_loop_thread();
    std::thread{[&] { elsewhere = l.on_loop_thread(); }}.join();
    l.stop();
  });
  l.run();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(elsewhere);
  EXPECT_FALSE(l.on_loop_thread());
}

TEST(loop, runs_timers_in_the_order_of_their_due_times) {
  loop l;
  const auto start = std::chrono::steady_clock::now();
  std::vector<int> order;
  l.call_at(start + 30ms, [&] { order.push_back(4); });
  l.call_at(start + 10ms, [&] { order.push_back(2); });
  l.call_at(start + 20ms, [&] { order.push_back(3); });
  l.call_at(start - 1s, [&] { order.push_back(1); });
  l.call_at(start + 40ms, [&] { l.stop(); });
  l.run();
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

TEST(loop, never_runs_a_timer_before_it_is_due) {
  loop l;
  int early = 0;
  int ran = 0;
  for (int i = 0; i < 200; ++i) {
    const auto due = std::chrono::steady_clock::now() + std::chrono::microseconds{i * 173};
    l.call_at(due, [&, due] {
      early += std::chrono::steady_clock::now() < due || l.now() < due;
      ++ran;
    });
  }
  ASSERT_TRUE(run_until(l, [&] { return ran == 200; }));
  EXPECT_EQ(early, 0);
}

TEST(loop, does_not_run_a_cancelled_timer) {
  loop l;
  bool ran = false;
  const auto first = l.call_after(1ms, [&] { ran = true; });
  loop::timer_id last = 0;
  l.call_after(2ms, [&] { l.cancel(last); }); // due in the same turn as the next, or before
  last = l.call_after(2ms, [&] { ran = true; });
  l.cancel(first);
  l.cancel(first);
  l.cancel(0);
  l.call_after(20ms, [&] { l.stop(); });
  l.run();
  EXPECT_FALSE(ran);
}

TEST(loop, a_timer_that_sets_itself_again_for_now_leaves_room_for_others) {
  loop l;
  bool others_came = false;
  const auto enough = std::chrono::steady_clock::now() + 10s;
  std::function<void()> hog = [&] {
    if (std::chrono::steady_clock::now() > enough)
      l.stop();
    l.call_at(l.now(), hog);
  };
  l.call_after(0ms, hog);
  l.call_after(5ms, [&] {
    l.post([&] {
      others_came = true;
      l.stop();
    });
  });
  l.run();
  EXPECT_TRUE(others_came);
}

TEST(loop, fifty_thousand_timers_of_which_half_are_cancelled) {
  loop l;
  int ran = 0;
  std::vector<loop::timer_id> ids;
  for (int i = 0; i < 50'000; ++i)
    ids.push_back(l.call_after(std::chrono::milliseconds{i % 50}, [&] { ++ran; }));
  for (std::size_t i = 0; i < ids.size(); i += 2)
    l.cancel(ids[i]);
  ASSERT_TRUE(run_until(l, [&] { return ran >= 25'000; }));
  EXPECT_EQ(ran, 25'000);
}

TEST(loop, calls_the_hook_again_without_waiting_while_it_has_more_to_do) {
  loop l;
  int calls = 0;
  l.set_turn_hook([&] {
    if (++calls == 1'000)
      l.stop();
    return true; // nothing else would wake the loop
  });
  l.run();
  EXPECT_GE(calls, 1'000);
}

TEST(loop, calls_the_hook_after_a_timer_and_waits_when_it_has_no_more) {
  loop l;
  bool told = false;
  bool seen = false;
  int calls = 0;
  l.set_turn_hook([&] {
    ++calls;
    seen = seen || told;
    return false;
  });
  l.call_after(5ms, [&] { told = true; });
  l.call_after(50ms, [&] { l.stop(); });
  l.run();
  EXPECT_TRUE(seen);
  EXPECT_LT(calls, 100);
}

TEST(loop, the_hook_may_remove_itself) {
  loop l;
  int calls = 0;
  auto alive = std::make_shared<int>(7);
  l.set_turn_hook([&, alive] {
    l.set_turn_hook({});
    calls += *alive;
    return true;
  });
  l.call_after(10ms, [&] { l.stop(); });
  l.run();
  EXPECT_EQ(calls, 7);
}

TEST(loop, works_in_the_background_and_is_done_on_its_own_thread) {
  loop l;
  bool apart = false;
  bool home = false;
  l.in_background(
    "a", [&] { apart = !l.on_loop_thread(); },
    [&] {
      home = l.on_loop_thread();
      l.stop();
    });
  l.run();
  EXPECT_TRUE(apart);
  EXPECT_TRUE(home);
}

TEST(loop, when_destroyed_runs_what_was_posted_and_finishes_background_work_but_no_timers) {
  int posted = 0;
  bool worked = false;
  bool done = false;
  bool timer = false;
  auto held = std::make_shared<int>();
  {
    loop l;
    l.post([&] {
      ++posted;
      l.post([&] { ++posted; });
    });
    l.in_background(
      "a", [&] { worked = true; },
      [&] {
        done = true;
        l.post([&] { ++posted; });
      });
    l.call_after(0ms, [&timer, held] { timer = true; });
  }
  EXPECT_EQ(posted, 3);
  EXPECT_TRUE(worked);
  EXPECT_TRUE(done);
  EXPECT_FALSE(timer);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(loop, measures_the_longest_turn_without_the_waiting) {
  loop l;
  const auto burn = [] {
    const auto end = std::chrono::steady_clock::now() + 30ms;
    while (std::chrono::steady_clock::now() < end) {
    }
  };
  l.call_after(1ms, burn);
  l.call_after(1'000ms, [&] { l.stop(); });
  l.run();
  const auto longest = l.take_longest_turn();
  EXPECT_GE(longest, 29ms);
  EXPECT_LT(longest, 900ms);
  EXPECT_EQ(l.take_longest_turn(), 0us);
}
