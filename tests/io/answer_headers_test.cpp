#include "io/net/answer_headers.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

struct the_headers_of_an_answer : testing::Test {
  const std::vector<std::string> wanted{"X-One", "content-type"};
  answer_headers headers{wanted};

  void take(std::initializer_list<const char*> lines) {
    for (const auto* line : lines)
      headers.take(line);
  }
};

TEST_F(the_headers_of_an_answer, have_names_without_case) {
  take({"HTTP/1.1 200 OK\r\n", "x-oNE:  a b \r\n", "Content-Type:text/html\r\n", "LOCATION: /x\r\n",
        "Content-Encoding: gzip\r\n", "Other: y\r\n", "\r\n"});
  EXPECT_EQ(headers.value("X-One"), "a b");
  EXPECT_EQ(headers.value("content-type"), "text/html");
  EXPECT_EQ(headers.value("Location"), "/x");
  EXPECT_EQ(headers.value("content-encoding"), "gzip");
  EXPECT_EQ(headers.value("Other"), std::nullopt) << "nobody asked for it";
  EXPECT_EQ(headers.value("X-Two"), std::nullopt);
}

TEST_F(the_headers_of_an_answer, of_one_name_are_a_list) {
  take({"HTTP/1.1 200 OK\r\n", "X-One: a\r\n", "x-one: b\r\n", "X-ONE:\r\n"});
  EXPECT_EQ(headers.value("X-One"), "a, b, ");
  EXPECT_EQ(headers.first("X-One"), "a");
}

TEST_F(the_headers_of_an_answer, may_go_on_in_the_next_line) {
  take({"HTTP/1.1 200 OK\r\n", "X-One: a\r\n", "  b\r\n", "Other: c\r\n", "\td\r\n"});
  EXPECT_EQ(headers.value("X-One"), "a b");
}

TEST_F(the_headers_of_an_answer, are_those_of_the_last) {
  take({"HTTP/1.1 103 Early Hints\r\n", "X-One: early\r\n", "Location: /early\r\n", "\r\n",
        "HTTP/1.1 200 OK\r\n", "Content-Type: a/b\r\n", "\r\n"});
  EXPECT_EQ(headers.value("X-One"), std::nullopt);
  EXPECT_EQ(headers.first("Location"), std::nullopt);
  EXPECT_EQ(headers.value("Content-Type"), "a/b");
}

TEST_F(the_headers_of_an_answer, may_be_nonsense) {
  take({"  no header yet\r\n", "no colon\r\n", ":\r\n", "X-One\r\n", "\r\n", ""});
  EXPECT_EQ(headers.value("X-One"), std::nullopt);
  EXPECT_EQ(headers.value(""), std::nullopt);
}

} // namespace
} // namespace reeve::io
