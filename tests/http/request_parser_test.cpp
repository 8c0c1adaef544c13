#include "http/front/request_parser.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace reeve::http {

namespace {

/// Everything that comes of `bytes`, fed in pieces of `piece`: one line for each
/// request and for the refusal, if any.
std::vector<std::string> outcome(std::string_view bytes, std::size_t piece,
                                 const front_limits& limits = {}) {
  std::vector<std::string> out;
  request_parser parser{limits};
  while (!bytes.empty() && !parser.refused()) {
    const auto now = bytes.substr(0, piece);
    const auto taken = parser.feed(now);
    bytes.remove_prefix(taken);
    if (parser.complete()) {
      const auto r = parser.take();
      std::string line = r.method + ' ' + r.target + (r.keep_alive ? " keep" : " close");
      for (const auto& [name, value] : r.headers)
        line += " | " + name + "=" + value;
      out.push_back(line + " | " + r.body);
    } else if (!parser.refused() && taken != now.size()) {
      return {"bytes are left though nothing is complete"};
    }
  }
  if (parser.refused())
    out.push_back(std::to_string(parser.refused()->status));
  return out;
}

int refusal_of(std::string_view bytes, const front_limits& limits = {}) {
  request_parser parser{limits};
  parser.feed(bytes);
  return parser.refused() ? parser.refused()->status : 0;
}

constexpr std::string_view three_requests =
  "GET /health?x=1 HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n"
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
  "POST /q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
  "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";

} // namespace

TEST(request_parser, reads_pipelined_requests_however_they_are_cut) {
  const std::vector<std::string> expected{
    "GET /health?x=1 keep | Host=a | X-Empty= | ",
    "POST /p keep | Host=a | Content-Length=5 | hello",
    "POST /q close | Host=a | Transfer-Encoding=chunked | Connection=close | abcde"};
  for (std::size_t piece = 1; piece <= three_requests.size(); ++piece)
    EXPECT_EQ(outcome(three_requests, piece), expected) << "in pieces of " << piece;
}

TEST(request_parser, takes_no_byte_of_the_next_request) {
  const front_limits limits;
  request_parser parser{limits};
  constexpr std::string_view both = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /two";
  EXPECT_EQ(parser.feed(both), both.find("GET /two"));
  EXPECT_TRUE(parser.complete());
  EXPECT_EQ(parser.feed("GET /two"), 0U);
}

TEST(request_parser, takes_path_and_query_of_an_absolute_address) {
  EXPECT_EQ(outcome("GET http://h:1/p?q=2 HTTP/1.1\r\nHost: h\r\n\r\n", 999).front(),
            "GET /p?q=2 keep | Host=h | ");
  EXPECT_EQ(outcome("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", 999).front(),
            "GET / keep | Host=h | ");
}

TEST(request_parser, ignores_an_offer_to_upgrade) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                    "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
                    999)
              .size(),
            2U);
}

TEST(request_parser, refuses_headers_over_the_limit_and_not_under_it) {
  front_limits limits;
  limits.header_bytes = 100;
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fitting = start + std::string(100 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(fitting.size(), 100U);
  EXPECT_EQ(refusal_of(fitting, limits), 0);
  EXPECT_EQ(outcome(fitting, 1, limits).size(), 1U);
  EXPECT_EQ(refusal_of("X" + fitting, limits), 400);
  EXPECT_EQ(refusal_of(start + std::string(100 - start.size() - 3, 'x') + "\r\n\r\n", limits), 431);
  EXPECT_EQ(refusal_of(std::string(500, '\n'), limits), 431) << "blank lines count too";
}

TEST(request_parser, accepts_a_body_that_follows_headers_of_exactly_the_limit) {
  front_limits limits;
  limits.header_bytes = 100;
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX: ";
  const auto whole = start + std::string(100 - start.size() - 4, 'x') + "\r\n\r\nabc";
  EXPECT_EQ(refusal_of(whole, limits), 0);
  EXPECT_EQ(outcome(whole, 1, limits).size(), 1U);
}

TEST(request_parser, refuses_a_body_over_the_limit_as_soon_as_it_is_known) {
  front_limits limits;
  limits.body_bytes = 10;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(refusal_of(head + "Content-Length: 10\r\n\r\n0123456789", limits), 0);
  EXPECT_EQ(refusal_of(head + "Content-Length: 11\r\n\r\n", limits), 413);
  EXPECT_EQ(refusal_of(head + "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", limits),
            413);
}

TEST(request_parser, takes_an_address_of_2048_bytes_and_not_one_more) {
  const auto asking_for = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100'000}}) {
    EXPECT_EQ(outcome(asking_for(2'048), piece).front().substr(0, 5), "GET /") << piece;
    EXPECT_EQ(outcome(asking_for(2'049), piece), std::vector<std::string>{"414"}) << piece;
  }
}

TEST(request_parser, takes_a_body_in_chunks_of_exactly_the_limit) {
  front_limits limits;
  limits.body_bytes = 10;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(outcome(head + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", 1, limits).front(),
            "POST / keep | Host=a | Transfer-Encoding=chunked | 0123456789");
  EXPECT_EQ(refusal_of(head + "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", limits), 413);
}

TEST(request_parser, refuses_what_would_be_read_in_two_ways) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(refusal_of(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(post + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of(post + "Transfer-Encoding: chunked, gzip\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
}

TEST(request_parser, refuses_what_is_not_http_one) {
  EXPECT_EQ(refusal_of("hello\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("\x16\x03\x01\x02"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), 417);
}

TEST(request_parser, tells_once_that_a_client_waits_before_its_body) {
  const front_limits limits;
  request_parser parser{limits};
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(parser.take_expectation());
  EXPECT_FALSE(parser.take_expectation());
  parser.feed("x");
  EXPECT_TRUE(parser.complete());
}

// What comes of a text never depends on how it is cut, and garbage neither crashes
// nor hangs.
TEST(request_parser, agrees_with_itself_on_mutated_requests) {
  std::mt19937 random{20260131};
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 3000; ++round) {
    std::string text{three_requests};
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const auto at = below(text.size());
      switch (below(3)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(5));
        break;
      default:
        text.insert(at, text.substr(below(text.size()), below(20)));
      }
    }
    ASSERT_EQ(outcome(text, text.size()), outcome(text, 1)) << testing::PrintToString(text);
    ASSERT_EQ(outcome(text, text.size()), outcome(text, 1 + below(40)));
  }
}

TEST(request_parser, survives_random_bytes) {
  std::mt19937 random{7};
  const front_limits limits;
  for (int round = 0; round < 2000; ++round) {
    std::string text(1 + random() % 200, '\0');
    for (auto& c : text)
      c = static_cast<char>(random());
    request_parser parser{limits};
    EXPECT_LE(parser.feed(text), text.size());
  }
}

} // namespace reeve::http
