#include "supervisor/facts/decision.hpp"
#include "supervisor/health.hpp"
#include "supervisor/specs/check_spec.hpp"
#include "supervisor/words.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

enum class color { red, green, blue };
enum class size { small, large };

} // namespace

template <>
struct words<color> {
  static constexpr std::string_view all[] = {"red", "green"};
};
template <>
struct words<size> {
  static constexpr std::string_view all[] = {"small", "large"};
};

namespace {

static_assert(detail::has_word_for_each_value<size>());
static_assert(!detail::has_word_for_each_value<color>(), "blue has none");
static_assert(detail::has_word_for_each_value<decision::kind>());

TEST(a_word, is_that_of_its_value) {
  EXPECT_EQ(to_string(size::large), "large");
  EXPECT_EQ(to_string(health::unhealthy), "unhealthy");
  EXPECT_EQ(to_string(decision::kind::wake), "wake");
  EXPECT_EQ(to_string(dns_record::txt), "TXT");
}

TEST(a_word, has_a_value_or_is_none) {
  EXPECT_EQ(value_of<supervision>("given_up"), supervision::given_up);
  EXPECT_EQ(value_of<supervision>("given up"), std::nullopt);
  EXPECT_EQ(value_of<size>(""), std::nullopt);
  EXPECT_EQ(value_of<size>("larg"), std::nullopt);
}

} // namespace
} // namespace reeve
