#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace reeve::cli {
namespace {

TEST(printable, writes_out_what_would_drive_a_terminal) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(printable("bell\a, back\b, return\r, line\n, delete\x7f"),
            "bell\\x07, back\\x08, return\\x0d, line\\x0a, delete\\x7f");
  EXPECT_EQ(printable(std::string_view{"a\0b", 3}), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31mred"),
            "\\xc2\\x9b31mred")
    << "ESC [ in one character";
}

TEST(printable, leaves_text_as_it_is) {
  for (const auto* text :
       {"", "plain, 100 %", "a\ttab", "ünder", "\xc2\xa0", "日本", "\xf0\x9f\x90\xb3"})
    EXPECT_EQ(printable(text), text);
}

TEST(printable, writes_out_what_is_no_utf_8) {
  EXPECT_EQ(printable("a\x9b\xff"), "a\\x9b\\xff");
  EXPECT_EQ(printable("\xe6\x97"), "\\xe6\\x97") << "cut off";
  EXPECT_EQ(printable("\xc3("), "\\xc3(");
}

TEST(a_table, shows_what_is_in_it_as_printable) {
  EXPECT_EQ(render_table({"NAME", "REASON"}, {{{"a\x1b"}, {"no\nline"}}, {{"b"}, {"x"}}}, false),
            "NAME   REASON\na\\x1b  no\\x0aline\nb      x\n");
}

TEST(a_table, colours_only_when_asked_to) {
  const std::vector<std::vector<cell>> rows{{{"a", colour::bad}}};
  EXPECT_EQ(render_table({"N"}, rows, false), "N\na\n");
  EXPECT_NE(render_table({"N"}, rows, true).find("\033[31ma\033[0m"), std::string::npos);
}

} // namespace
} // namespace reeve::cli
