#include "io/net/content_coding.hpp"
#include "tests/io/support/coded.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace reeve::io {
namespace {

using test::brotli_of_ok;
using test::deflated;
using test::frame;

const std::string text = "{\"status\": \"ok\"}";

struct decoded {
  bool good = true;
  bool complete = false;
  std::string text;
};

decoded decode(const std::string& coding, std::string_view bytes, std::size_t piece = 1'000'000,
               std::size_t most = 1'000'000) {
  content_decoder decoder{coding};
  EXPECT_EQ(decoder.unreadable(), "");
  decoded d;
  for (; d.good && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    d.good = decoder.take(bytes.substr(0, piece), d.text, most);
  d.complete = decoder.complete();
  return d;
}

void expect_text(const std::string& coding, const std::string& bytes) {
  for (const auto piece : {std::size_t{1}, std::size_t{7}, std::size_t{1'000'000}}) {
    const auto d = decode(coding, bytes, piece);
    EXPECT_TRUE(d.good && d.complete) << coding << " in pieces of " << piece;
    EXPECT_EQ(d.text, text) << coding << " in pieces of " << piece;
  }
}

TEST(a_content_coding, is_taken_off_in_pieces_of_any_size) {
  expect_text("gzip", deflated(text));
  expect_text("X-GZip", deflated(text));
  expect_text("deflate", deflated(text, frame::zlib));
  expect_text("deflate", deflated(text, frame::none));
  expect_text("br", brotli_of_ok());
  expect_text("deflate, gzip", deflated(deflated(text, frame::zlib)));
  expect_text("br , gzip", deflated(brotli_of_ok()));
}

TEST(a_content_coding, may_be_none_at_all) {
  for (const auto* none : {"", "identity", "utf-8", "none", " , "})
    expect_text(none, text);
  EXPECT_EQ(content_decoder{"utf-8"}.name(), "");
}

TEST(a_content_coding, that_nobody_here_can_take_off_is_named) {
  EXPECT_EQ(content_decoder{"zstd"}.unreadable(), "zstd");
  EXPECT_EQ(content_decoder{"gzip, Compress"}.unreadable(), "compress");
  EXPECT_EQ(content_decoder{"gzip, gzip, gzip, gzip"}.unreadable(), "gzip, gzip, gzip, gzip");
}

TEST(a_content_coding, of_several_members_is_one_text) {
  const auto half = text.size() / 2;
  expect_text("gzip", deflated(text.substr(0, half)) + deflated(text.substr(half)));
  expect_text("gzip", deflated(text) + "trailing garbage");
  auto more = brotli_of_ok();
  more += "trailing garbage";
  expect_text("br", more);
}

TEST(a_content_coding, that_ends_too_early_is_not_complete) {
  const std::pair<const char*, std::string> table[] = {
    {"gzip", deflated(text)},
    {"deflate", deflated(text, frame::zlib)},
    {"deflate", deflated(text, frame::none)},
    {"br", brotli_of_ok()},
  };
  for (const auto& [coding, bytes] : table)
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto d = decode(coding, std::string_view{bytes}.substr(0, size));
      EXPECT_TRUE(d.good) << coding << ' ' << size;
      EXPECT_FALSE(d.complete) << coding << ' ' << size;
    }
}

TEST(a_content_coding, is_not_what_the_header_says) {
  EXPECT_FALSE(decode("gzip", text).good);
  EXPECT_FALSE(decode("gzip", brotli_of_ok()).good);
  EXPECT_FALSE(decode("br", "plain text, and no brotli at all, however long").good);
  auto broken = deflated(std::string(1'000, 'x') + text);
  broken[broken.size() - 6] ^= 1; // in the check sum
  EXPECT_FALSE(decode("gzip", broken).good);
}

TEST(a_content_coding, makes_no_more_than_is_asked_for) {
  const auto bomb = deflated(std::string(50'000'000, '0'));
  ASSERT_LT(bomb.size(), 100'000u);
  auto d = decode("gzip", bomb, 4'096, 1'000);
  EXPECT_TRUE(d.good);
  EXPECT_EQ(d.text, std::string(1'000, '0'));
  d = decode("gzip, gzip", deflated(bomb), 4'096, 1'000);
  EXPECT_TRUE(d.good);
  EXPECT_EQ(d.text, std::string(1'000, '0'));
}

TEST(a_content_coding, that_packs_nothing_but_packing_is_refused) {
  std::string empty_members;
  for (int i = 0; i < 250'000; ++i)
    empty_members += deflated("");
  EXPECT_FALSE(decode("gzip, gzip", deflated(empty_members)).good);
}

} // namespace
} // namespace reeve::io
