#include "http/front/roster.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace reeve::http {
namespace {

constexpr mono_time begin{100h};

class roster_test : public testing::Test {
protected:
  /// A roster never looks into a connection, so that any address will do.
  connection& client(std::size_t i) {
    return *reinterpret_cast<connection*>(&clients_[i]);
  }
  roster::place add(std::size_t i, phase at, mono_time since) {
    auto place = roster_.add(client(i), since);
    if (at != phase::idle)
      roster_.move(place, at, since);
    return place;
  }

  front_limits limits_{
    .request_deadline = 5s, .answer_deadline = 6s, .write_deadline = 30s, .idle_deadline = 60s};
  roster roster_{limits_};

private:
  std::array<std::max_align_t, 8> clients_{};
};

TEST_F(roster_test, of_nobody_has_nobody_to_offer) {
  EXPECT_EQ(roster_.size(), 0U);
  EXPECT_EQ(roster_.anybody(), nullptr);
  EXPECT_EQ(roster_.most_dispensable(), nullptr);
  EXPECT_EQ(roster_.slowest_reader(), nullptr);
  EXPECT_EQ(roster_.overdue(begin), nullptr);
  EXPECT_FALSE(roster_.next_deadline());
}

TEST_F(roster_test, gives_each_phase_its_deadline) {
  const auto place = roster_.add(client(0), begin);
  EXPECT_EQ(roster_.next_deadline(), begin + 60s);
  roster_.move(place, phase::reading, begin + 1s);
  EXPECT_EQ(roster_.next_deadline(), begin + 6s);
  roster_.move(place, phase::answering, begin + 2s);
  EXPECT_EQ(roster_.next_deadline(), begin + 8s);
  roster_.move(place, phase::writing, begin + 3s);
  EXPECT_EQ(roster_.next_deadline(), begin + 33s);
  roster_.move(place, phase::lingering, begin + 4s);
  EXPECT_EQ(roster_.next_deadline(), begin + 5s);
  roster_.move(place, phase::streaming, begin + 5s);
  EXPECT_FALSE(roster_.next_deadline());
  EXPECT_EQ(roster_.overdue(begin + 1000h), nullptr);
}

TEST_F(roster_test, tells_who_is_overdue_at_the_deadline_and_not_before) {
  add(0, phase::idle, begin);
  const auto reader = add(1, phase::reading, begin + 10s);
  EXPECT_EQ(roster_.overdue(begin + 15s - 1ns), nullptr);
  EXPECT_EQ(roster_.overdue(begin + 15s), &client(1));
  roster_.remove(reader);
  EXPECT_EQ(roster_.size(), 1U);
  EXPECT_EQ(roster_.overdue(begin + 15s), nullptr);
  EXPECT_EQ(roster_.overdue(begin + 60s), &client(0));
}

TEST_F(roster_test, begins_a_phase_anew_with_each_move) {
  const auto first = roster_.add(client(0), begin);
  roster_.add(client(1), begin + 1s);
  roster_.move(first, phase::reading, begin + 2s);
  roster_.move(first, phase::idle, begin + 3s);
  EXPECT_EQ(roster_.most_dispensable(), &client(1));
  EXPECT_EQ(roster_.next_deadline(), begin + 61s);
}

TEST_F(roster_test, gives_up_first_who_has_been_idle_reading_or_lingering_longest) {
  add(0, phase::writing, begin);
  add(1, phase::answering, begin);
  add(2, phase::streaming, begin);
  EXPECT_EQ(roster_.most_dispensable(), &client(0)); // slow to take its answer
  const auto idle = add(3, phase::idle, begin + 3s);
  EXPECT_EQ(roster_.most_dispensable(), &client(3));
  const auto reading = add(4, phase::reading, begin + 2s);
  EXPECT_EQ(roster_.most_dispensable(), &client(4));
  const auto lingering = add(5, phase::lingering, begin + 1s);
  EXPECT_EQ(roster_.most_dispensable(), &client(5));
  for (const auto& place : {idle, reading, lingering})
    roster_.remove(place);
  EXPECT_EQ(roster_.most_dispensable(), &client(0));
}

TEST_F(roster_test, never_gives_up_who_waits_for_its_answer_or_is_streamed_to) {
  add(0, phase::answering, begin);
  add(1, phase::streaming, begin);
  EXPECT_EQ(roster_.most_dispensable(), nullptr);
  EXPECT_NE(roster_.anybody(), nullptr);
}

TEST_F(roster_test, names_the_slowest_reader_by_when_its_answer_began) {
  const auto first = add(0, phase::writing, begin);
  add(1, phase::writing, begin + 1s);
  EXPECT_EQ(roster_.slowest_reader(), &client(0));
  roster_.move(first, phase::writing, begin + 2s);
  EXPECT_EQ(roster_.slowest_reader(), &client(1));
}

} // namespace
} // namespace reeve::http
