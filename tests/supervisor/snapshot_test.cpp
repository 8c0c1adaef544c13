#include "supervisor/facts/snapshot.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

snapshot::picture picture(const std::string& name, health h = health::healthy) {
  auto p = std::make_shared<service_picture>();
  p->name = name;
  p->health = h;
  return p;
}

snapshot many(int count) {
  snapshot s;
  for (int i = 0; i < count; ++i)
    s = s.with(picture("s" + std::to_string(i)));
  return s;
}

TEST(snapshot, finds_by_name_and_keeps_the_order_of_first_appearance) {
  const auto s = many(200).with(picture("s77", health::unhealthy)).with(picture("last"));
  ASSERT_EQ(s.size(), 201U);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(s.at(i).name, "s" + std::to_string(i));
    EXPECT_EQ(s.find("s" + std::to_string(i))->name, s.at(i).name);
  }
  EXPECT_EQ(s.at(77).health, health::unhealthy);
  EXPECT_EQ(s.at(200).name, "last");
  EXPECT_EQ(s.find("nobody"), nullptr);
  EXPECT_EQ(snapshot{}.find("nobody"), nullptr);
}

TEST(snapshot, never_changes_once_made) {
  const auto before = many(100);
  const auto after = before.with(picture("s5", health::unhealthy)).with(picture("new"));
  EXPECT_EQ(before.size(), 100U);
  EXPECT_EQ(before.find("s5")->health, health::healthy);
  EXPECT_EQ(before.find("new"), nullptr);
  EXPECT_EQ(after.find("s5")->health, health::unhealthy);
}

TEST(snapshot, is_edited_without_changing_those_that_share_with_it) {
  auto working = many(100);
  const auto published = working;
  const auto held = working.find("s6");
  working.edit("s5")->health = health::unhealthy;
  working.edit("s6")->health = health::degraded;
  EXPECT_EQ(published.find("s5")->health, health::healthy);
  EXPECT_EQ(held->health, health::healthy);
  EXPECT_EQ(working.find("s5")->health, health::unhealthy);
  EXPECT_EQ(working.find("s6")->health, health::degraded);
  EXPECT_EQ(&published.at(7), &working.at(7));
  EXPECT_EQ(working.edit("nobody"), nullptr);
}

TEST(snapshot, is_edited_in_place_where_nobody_shares_with_it) {
  auto alone = many(3);
  const auto* picture = &alone.at(1);
  alone.edit("s1")->reason = "as it was";
  EXPECT_EQ(&alone.at(1), picture);
  EXPECT_EQ(picture->reason, "as it was");
}

TEST(snapshot, forgets_a_service) {
  const auto s = many(130).without("s64");
  EXPECT_EQ(s.size(), 129U);
  EXPECT_EQ(s.find("s64"), nullptr);
  EXPECT_EQ(s.at(64).name, "s65");
  EXPECT_EQ(s.find("s129")->name, "s129");
  EXPECT_EQ(s.without("nobody").size(), 129U);
}

TEST(snapshot, shares_what_did_not_change) {
  std::vector<snapshot::picture> all;
  for (int i = 0; i < 10'000; ++i)
    all.push_back(picture("s" + std::to_string(i)));
  const snapshot before{all};
  const auto after = before.with(picture("s5", health::unhealthy));
  EXPECT_EQ(&before.at(9'999), &after.at(9'999));
  EXPECT_NE(&before.at(5), &after.at(5));
}

} // namespace
} // namespace reeve
