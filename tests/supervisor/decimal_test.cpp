#include "supervisor/decimal.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reeve {
namespace {

TEST(decimal, is_one_number_however_it_is_written) {
  const std::pair<const char*, const char*> same[] = {
    {"1.10", "1.1"},   {"1e3", "1000"}, {"11e-1", "1.1"}, {"-0", "0"},
    {"+5", "5"},       {"007", "7"},    {".5", "0.5"},    {"5.", "5"},
    {"0e999", "0.00"}, {"1E+2", "100"}, {"100e-2", "1"},  {"-1.50", "-1.5"},
  };
  for (const auto& [a, b] : same)
    EXPECT_EQ(decimal::parse(a), decimal::parse(b)) << a << " and " << b;
}

TEST(decimal, is_exact_at_any_length) {
  const std::vector<std::string> ascending{"-1e400",
                                           "-9007199254740993",
                                           "-9007199254740992",
                                           "-0.1",
                                           "0",
                                           "1e-400",
                                           "0.1",
                                           "0.10000000000000000000001",
                                           "9",
                                           "10",
                                           "9007199254740992",
                                           "9007199254740993",
                                           "18446744073709551616",
                                           "18446744073709551617",
                                           "1e400"};
  for (std::size_t a = 0; a < ascending.size(); ++a)
    for (std::size_t b = 0; b < ascending.size(); ++b)
      EXPECT_EQ(*decimal::parse(ascending[a]) <=> *decimal::parse(ascending[b]), a <=> b)
        << ascending[a] << " and " << ascending[b];
}

TEST(decimal, is_nothing_else) {
  for (const auto* text :
       {"",     "-",   "+",  ".",  "e5",  "1e",  "1e+",   "nan",          "inf", "-inf",
        "0x10", "1 2", " 1", "1 ", "+-1", "--1", "1.2.3", "1e9999999999", "1,5", "v1"})
    EXPECT_FALSE(decimal::parse(text)) << text;
}

} // namespace
} // namespace reeve
