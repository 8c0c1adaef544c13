#include "actors/news.hpp"

#include <gtest/gtest.h>

using namespace reeve::actors;

namespace {

fact_ptr some(bool ok) {
  return std::make_shared<const fact>(config_reloaded{ok});
}

} // namespace

TEST(journal, gives_each_fact_once_and_in_order) {
  journal j;
  const auto a = some(true);
  const auto b = some(false);
  EXPECT_EQ(j.add(a), 1U);
  EXPECT_EQ(j.add(b), 2U);
  EXPECT_EQ(j.take(1), a);
  EXPECT_EQ(j.take(1), nullptr);
  EXPECT_EQ(j.take(2), b);
  EXPECT_EQ(j.take(2), nullptr);
}

TEST(journal, gives_what_was_missed_before_what_is_asked_for) {
  journal j;
  const auto a = some(true);
  const auto b = some(false);
  j.add(a);
  j.add(b);
  EXPECT_EQ(j.take(2), a);
  EXPECT_EQ(j.take(2), b);
}

TEST(journal, ignores_messages_about_what_a_successor_has_drained) {
  journal j;
  j.add(some(true));
  const auto old = j.add(some(true));
  while (j.take_next())
    ;
  EXPECT_EQ(j.take(old), nullptr);
  const auto fresh = some(false);
  const auto at = j.add(fresh);
  EXPECT_EQ(j.take(old), nullptr);
  EXPECT_EQ(j.take(at), fresh);
}
