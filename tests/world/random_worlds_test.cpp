// REEVE_WORLD=SEED plays one world alone, and prints what happened in it.
#include "tests/world/world.hpp"

#include <cstdlib>

using namespace reeve::actors::test;

namespace {

constexpr std::uint64_t worlds_each = 50;

class random_worlds : public testing::TestWithParam<std::uint64_t> {};

std::string play(std::uint64_t seed) {
  return world_under_test{seed}.play();
}

} // namespace

TEST_P(random_worlds, keep_every_promise) {
  for (auto seed = GetParam() * worlds_each; seed < (GetParam() + 1) * worlds_each; ++seed) {
    const auto broken = play(seed);
    ASSERT_EQ(broken, "") << "REEVE_WORLD=" << seed << " plays it again";
  }
}

INSTANTIATE_TEST_SUITE_P(of_a_thousand, random_worlds, testing::Range<std::uint64_t>(0, 20));

TEST(random_world, plays_again_as_it_was) {
  const auto* wanted = std::getenv("REEVE_WORLD");
  const std::uint64_t first = wanted ? std::strtoull(wanted, nullptr, 10) : 0;
  for (auto seed = first; seed < first + (wanted ? 1 : 20); ++seed) {
    world_under_test once{seed};
    const auto broken = once.play();
    world_under_test again{seed};
    again.play();
    EXPECT_FALSE(once.story().empty());
    EXPECT_EQ(once.story(), again.story()) << "world " << seed;
    if (wanted)
      std::puts((broken + once.story()).c_str());
  }
}
