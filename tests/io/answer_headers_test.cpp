#include "io/net/answer_headers.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

struct the_headers_of_an_answer : testing::Test {
  const std::vector<std::string> wanted{"X-One", "content-type", "location"};
  answer_headers headers{wanted};
};

TEST_F(the_headers_of_an_answer, have_names_without_case) {
  headers.take("x-oNE", "a b ");
  headers.take("Content-Type", "text/html");
  headers.take("LOCATION", "/x");
  headers.take("Content-Encoding", "gzip");
  headers.take("Other", "y");
  EXPECT_EQ(headers.value("X-One"), "a b");
  EXPECT_EQ(headers.value("content-type"), "text/html");
  EXPECT_EQ(headers.value("Location"), "/x");
  EXPECT_EQ(headers.value("content-encoding"), "gzip");
  EXPECT_EQ(headers.value("Other"), std::nullopt) << "nobody asked for it";
  EXPECT_EQ(headers.value("X-Two"), std::nullopt);
}

TEST_F(the_headers_of_an_answer, of_one_name_are_a_list) {
  headers.take("X-One", "a");
  headers.take("x-one", "b");
  headers.take("X-ONE", "");
  EXPECT_EQ(headers.value("X-One"), "a, b, ");
}

TEST_F(the_headers_of_an_answer, are_those_of_the_last) {
  headers.take("X-One", "early");
  headers.forget();
  headers.take("Content-Type", "a/b");
  EXPECT_EQ(headers.value("X-One"), std::nullopt);
  EXPECT_EQ(headers.value("Content-Type"), "a/b");
}

} // namespace
} // namespace reeve::io
