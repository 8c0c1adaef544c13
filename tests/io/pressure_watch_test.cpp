#include "io/host/pressure_watch.hpp"
#include "io/loop/loop.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace reeve::io {
namespace {

TEST(pressure_watch, tells_when_there_is_too_much_and_when_it_is_over) {
  const test::temp_folder folder;
  const auto write = [&](const char* percent) {
    std::ofstream{folder / "cpu"} << "some avg10=" << percent << " avg60=0 total=0\n";
  };
  loop l;
  std::vector<std::string> told;
  write("95.00");
  pressure_watch watch{l,
                       {80, 0, 0},
                       [&](const std::optional<std::string>& why) {
                         told.push_back(why.value_or("over"));
                         write("3.00");
                         if (!why)
                           l.stop();
                       },
                       folder.path()};
  l.run();
  EXPECT_EQ(told, (std::vector<std::string>{"cpu pressure 95 % is at least 80 %", "over"}));
}

} // namespace
} // namespace reeve::io
