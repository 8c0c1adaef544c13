#include "actors/news.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

using namespace reeve::actors;

namespace {

fact some(bool ok) {
  return config_reloaded{ok};
}

std::vector<bool> drained(journal& j) {
  std::vector<bool> all;
  j.drain([&](const fact& f) { all.push_back(std::get<config_reloaded>(f).ok); });
  return all;
}

fact_ptr kept(bool ok) {
  return std::make_shared<const fact>(some(ok));
}

} // namespace

TEST(journal, gives_each_fact_once_and_in_order) {
  journal j;
  j.add(kept(true));
  j.add(kept(false));
  EXPECT_EQ(drained(j), (std::vector<bool>{true, false}));
  EXPECT_EQ(drained(j), std::vector<bool>{});
}

TEST(journal, asks_for_a_bell_when_it_was_read_to_its_end) {
  journal j;
  EXPECT_TRUE(j.add(kept(true)));
  EXPECT_FALSE(j.add(kept(true))) << "who hears that bell reads both";
  drained(j);
  EXPECT_TRUE(j.add(kept(true)));
}

TEST(journal, gives_what_comes_while_it_is_read) {
  journal j;
  j.add(kept(true));
  std::vector<bool> all;
  j.drain([&](const fact& f) {
    all.push_back(std::get<config_reloaded>(f).ok);
    if (all.size() == 1)
      j.add(kept(false));
  });
  EXPECT_EQ(all, (std::vector<bool>{true, false}));
}

TEST(journal, leaves_the_rest_to_the_successor_of_whom_a_fact_killed) {
  journal j;
  j.add(kept(true));
  j.add(kept(false));
  EXPECT_THROW(j.drain([](const fact&) { throw std::runtime_error{"killed"}; }),
               std::runtime_error);
  EXPECT_EQ(drained(j), std::vector<bool>{false});
}
