#include "supervisor/checks/check_lanes.hpp"
#include "supervisor/time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace reeve {
namespace {

using namespace std::chrono_literals;
using lane = check_lanes::lane;
using ticket = check_lanes::ticket;

std::vector<ticket> all_that_may(check_lanes& lanes) {
  std::vector<ticket> begun;
  while (const auto t = lanes.next())
    begun.push_back(*t);
  return begun;
}

TEST(check_lanes, lets_as_many_begin_as_there_are_places_the_oldest_first) {
  check_lanes lanes{2};
  const auto a = lanes.enter(lane::normal);
  const auto b = lanes.enter(lane::normal);
  const auto c = lanes.enter(lane::normal);
  EXPECT_EQ(all_that_may(lanes), (std::vector{a, b}));
  EXPECT_EQ(lanes.waiting(), 1U);
  lanes.finished(b, false);
  EXPECT_EQ(all_that_may(lanes), std::vector{c});
  EXPECT_EQ(lanes.running(), 2U);
  EXPECT_EQ(lanes.waiting(), 0U);
}

TEST(check_lanes, gives_the_slow_half_of_the_places_and_passes_them_by) {
  check_lanes lanes{4};
  std::vector<ticket> slow;
  for (int i = 0; i < 4; ++i)
    slow.push_back(lanes.enter(lane::slow));
  const auto healthy = lanes.enter(lane::normal);
  EXPECT_EQ(all_that_may(lanes), (std::vector{slow[0], slow[1], healthy}));
  lanes.finished(slow[0], false);
  EXPECT_EQ(all_that_may(lanes), std::vector{slow[2]});
}

TEST(check_lanes, lets_the_slow_have_a_place_even_if_there_is_one_only) {
  check_lanes lanes{1};
  const auto slow = lanes.enter(lane::slow);
  EXPECT_EQ(all_that_may(lanes), std::vector{slow});
}

TEST(check_lanes, forgets_who_leaves_waiting_or_running) {
  check_lanes lanes{1};
  const auto a = lanes.enter(lane::normal);
  const auto b = lanes.enter(lane::slow);
  const auto c = lanes.enter(lane::normal);
  EXPECT_EQ(all_that_may(lanes), std::vector{a});
  lanes.leave(b);
  lanes.leave(a);
  EXPECT_EQ(all_that_may(lanes), std::vector{c});
  lanes.leave(c);
  EXPECT_EQ(lanes.running() + lanes.waiting(), 0U);
}

/// As many as may begin, all of them with this end.
void run_all(check_lanes& lanes, bool exhausted) {
  while (lanes.running() < lanes.places())
    if (lanes.enter(lane::normal); !lanes.next())
      return;
  std::vector<ticket> running;
  for (ticket t = 1; lanes.running() > 0; ++t)
    lanes.finished(t, exhausted);
}

TEST(check_lanes, has_half_the_places_when_something_ran_out_and_cuts_once_for_a_burst) {
  check_lanes lanes{1'000};
  run_all(lanes, true);
  EXPECT_EQ(lanes.places(), 500U);
  run_all(lanes, true);
  EXPECT_EQ(lanes.places(), 250U);
}

TEST(check_lanes, cuts_to_half_of_those_that_were_too_many_not_of_those_that_might_be) {
  check_lanes lanes{4'000};
  std::vector<ticket> few;
  for (int i = 0; i < 60; ++i)
    few.push_back(lanes.enter(lane::normal));
  all_that_may(lanes);
  lanes.finished(few[0], true);
  EXPECT_EQ(lanes.places(), 30U);
}

TEST(check_lanes, keeps_a_few_places_however_often_something_runs_out) {
  check_lanes lanes{1'000};
  for (int i = 0; i < 50; ++i)
    run_all(lanes, true);
  EXPECT_EQ(lanes.places(), 16U);
  check_lanes small{3};
  run_all(small, true);
  EXPECT_EQ(small.places(), 3U);
}

TEST(check_lanes, has_all_its_places_again_after_enough_good_runs_and_no_more) {
  check_lanes lanes{64};
  for (int i = 0; i < 5; ++i)
    run_all(lanes, true);
  ASSERT_EQ(lanes.places(), 16U);
  run_all(lanes, false);
  EXPECT_EQ(lanes.places(), 18U) << "little by little";
  for (int i = 0; i < 100; ++i)
    run_all(lanes, false);
  EXPECT_EQ(lanes.places(), 64U);
}

/// Services that are checked at their rate in virtual time; some hang.
struct world {
  struct service {
    bool hangs = false;
    bool hung = false; ///< the last time
    bool busy = false;
    mono_time::duration takes{};
    mono_time entered;
    int runs = 0;
  };

  check_lanes lanes;
  std::vector<service> services;
  std::multimap<mono_time, std::function<void()>> events;
  std::map<ticket, std::size_t> entrants;
  mono_time now{};
  mono_time warm{}; ///< from here on the healthy are looked at
  mono_time::duration longest_wait{0};
  int skipped = 0;

  void due(std::size_t i) {
    auto& s = services[i];
    events.emplace(now + 10s, [this, i] { due(i); });
    if (s.busy) {
      skipped += !s.hangs && now >= warm;
      return;
    }
    s.busy = true;
    s.entered = now;
    entrants[lanes.enter(s.hung ? lane::slow : lane::normal)] = i;
    begin();
  }

  void begin() {
    while (const auto t = lanes.next()) {
      ASSERT_LE(lanes.running(), lanes.places());
      auto& s = services[entrants.extract(*t).mapped()];
      if (!s.hangs && now >= warm)
        longest_wait = std::max(longest_wait, now - s.entered);
      events.emplace(now + s.takes, [this, &s, t = *t] {
        s.busy = false;
        s.hung = s.hangs;
        ++s.runs;
        lanes.finished(t, false);
        begin();
      });
    }
  }

  void run(mono_time::duration d) {
    const auto end = now + d;
    while (!events.empty() && events.begin()->first <= end) {
      auto next = events.extract(events.begin());
      now = next.key();
      next.mapped()();
    }
    now = end;
  }
};

TEST(check_lanes, keep_the_pace_of_the_healthy_however_many_hang) {
  std::mt19937 random{7};
  for (int round = 0; round < 20; ++round) {
    const auto places = 40 + random() % 100;
    world w{check_lanes{places}, {}, {}, {}};
    const auto count = 200 + random() % 800;
    for (std::size_t i = 0; i < count; ++i) {
      const bool hangs = random() % 4 != 0;
      const auto takes = hangs ? 5'000ms : std::chrono::milliseconds{1 + random() % 60};
      w.services.push_back({hangs, false, false, takes, {}, 0});
      w.events.emplace(mono_time{std::chrono::milliseconds{random() % 10'000}},
                       [&w, i] { w.due(i); });
    }
    w.warm = mono_time{5min}; // each has hung once by then
    w.run(15min);
    EXPECT_EQ(w.longest_wait, 0s) << places << " places, " << count << " services";
    EXPECT_EQ(w.skipped, 0);
    for (const auto& s : w.services)
      EXPECT_GE(s.runs, s.hangs ? 2 : 60) << "the hanging have their turns too";
  }
}

} // namespace
} // namespace reeve
