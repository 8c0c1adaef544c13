#include "supervisor/restarts/pressure.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

TEST(pressure, is_read_from_what_the_kernel_writes) {
  EXPECT_EQ(read_pressure("some avg10=12.50 avg60=3.00 avg300=0.00 total=1\n"
                          "full avg10=99.00 avg60=0.00 avg300=0.00 total=0\n"),
            12.5);
  EXPECT_EQ(read_pressure("full avg10=99.00\nsome avg10=1.00\n"), 1);
  for (const auto* text : {"", "some avg10=", "some avg10=x", "some avg10=-1", "some avg10=nan",
                           "some avg10=101", "awesome avg10=5"})
    EXPECT_EQ(read_pressure(text), std::nullopt) << text;
}

TEST(pressure, is_too_much_from_its_limit_on) {
  const pressure_limits limits{80, 0, 60};
  EXPECT_EQ(too_much_pressure(limits, {79.9, 100, 59.9}), std::nullopt) << "memory has no limit";
  EXPECT_EQ(too_much_pressure(limits, {80, 0, 0}), "cpu pressure 80 % is at least 80 %");
  EXPECT_EQ(too_much_pressure(limits, {0, 0, 91.4}), "io pressure 91 % is at least 60 %");
  EXPECT_EQ(too_much_pressure(limits, {}), std::nullopt) << "the kernel does not tell";
}

} // namespace
} // namespace reeve
