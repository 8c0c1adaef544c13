#include "io/net/http_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reeve::io {
namespace {

using state = http_reader::state;

struct heard final : http_listener {
  std::string log;
  std::string body;
  std::size_t most_body = 1'000'000;
  bool wants_body = true;

  void answer_begins() override {
    log += "begins|";
  }
  void header_came(std::string_view name, std::string_view value) override {
    log.append(name).append("=").append(value).append("|");
  }
  bool headers_ended(int status) override {
    log += std::to_string(status) + "|";
    return wants_body;
  }
  bool body_came(std::string_view part) override {
    body += part;
    return body.size() < most_body;
  }
};

struct an_answer : testing::Test {
  heard who;
  std::string problem;
  bool keeps = false;

  /// Whole, and byte for byte, which must come to the same.
  state read(const std::string& bytes, bool then_closed = false, bool answers_head = false) {
    const auto at_once = read_in_pieces(bytes, bytes.size(), then_closed, answers_head);
    const auto seen = who;
    EXPECT_EQ(read_in_pieces(bytes, 1, then_closed, answers_head), at_once) << bytes;
    EXPECT_EQ(who.log, seen.log);
    EXPECT_EQ(who.body.substr(0, seen.body.size()), seen.body.substr(0, who.body.size()));
    return at_once;
  }

  state read_in_pieces(const std::string& bytes, std::size_t piece, bool then_closed,
                       bool answers_head) {
    const auto keeps_most = who.most_body;
    const auto keeps_wants = who.wants_body;
    who = {};
    who.most_body = keeps_most;
    who.wants_body = keeps_wants;
    http_reader reader{who, answers_head};
    auto now = state::reading;
    for (std::size_t i = 0; i < bytes.size() && now == state::reading; i += piece)
      now = reader.take(std::string_view{bytes}.substr(i, piece));
    if (now == state::reading && then_closed)
      now = reader.end();
    problem = reader.problem();
    keeps = now == state::complete && reader.keeps_connection();
    return now;
  }
};

TEST_F(an_answer, is_whole_when_its_length_has_come) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\n\r\nok"), state::complete);
  EXPECT_EQ(who.log, "begins|Content-Length=2|X-A=b |200|");
  EXPECT_EQ(who.body, "ok");
  EXPECT_TRUE(keeps);
}

TEST_F(an_answer, is_whole_when_its_last_chunk_has_come) {
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2;x=y\r\nok\r\n1\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n"),
            state::complete);
  EXPECT_EQ(who.body, "ok!");
  EXPECT_EQ(who.log, "begins|Transfer-Encoding=chunked|200|") << "a trailer is no header";
}

TEST_F(an_answer, without_a_length_ends_with_its_connection) {
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nok"), state::reading);
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nok", true), state::complete);
  EXPECT_EQ(who.body, "ok");
  EXPECT_FALSE(keeps);
}

TEST_F(an_answer, has_no_body_if_nobody_may_send_one) {
  for (const auto* status : {"204", "304"}) {
    EXPECT_EQ(read("HTTP/1.1 " + std::string{status} + " X\r\nContent-Length: 2\r\n\r\n"),
              state::complete);
    EXPECT_EQ(who.body, "");
  }
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", false, true), state::complete);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n", false, true), state::complete);
}

TEST_F(an_answer, comes_after_those_that_only_inform) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX-A: early\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            state::complete);
  EXPECT_EQ(who.log, "begins|begins|X-A=early|begins|Content-Length=0|200|");
}

TEST_F(an_answer, keeps_its_connection_only_if_both_sides_may_go_on) {
  read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(keeps);
  read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(keeps);
  read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", 100, false, false);
  EXPECT_FALSE(keeps) << "what follows would be taken for the next answer";
}

TEST_F(an_answer, is_read_as_browsers_read_it) {
  EXPECT_EQ(read("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"), state::complete) << "no words";
  EXPECT_EQ(read("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), state::complete) << "bare newlines";
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
            state::complete)
    << "the same twice";
  EXPECT_EQ(who.body, "ok");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nok\r\n0\r\n\r\n"),
            state::complete)
    << "chunks count";
  EXPECT_EQ(who.body, "ok");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n"), state::complete);
  EXPECT_NE(who.log.find("X-A=a b|"), std::string::npos) << "a header may go on: " << who.log;
}

TEST_F(an_answer, is_taken_no_further_than_somebody_wants) {
  who.most_body = 3;
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\nmany words"), state::enough);
  who.wants_body = false;
  EXPECT_EQ(read("HTTP/1.1 302 X\r\nLocation: /\r\n\r\nbody"), state::enough);
  EXPECT_EQ(who.body, "");
  EXPECT_EQ(read("HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n"), state::enough);
}

TEST_F(an_answer, may_be_none) {
  for (const auto* bytes :
       {"hello\n", "<html>", "220 mail.example ESMTP\r\n", "SSH-2.0-x\r\n", "\x16\x03\x01\x02",
        "HTTP/9.9 what\r\n", "HTTP/1.1 OK\r\n", "GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n"}) {
    EXPECT_EQ(read(bytes), state::broken) << bytes;
    EXPECT_EQ(problem, "the answer is not HTTP") << bytes;
  }
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz"), state::broken);
  EXPECT_EQ(problem, "the answer's body is not HTTP");
}

TEST_F(an_answer, may_be_cut_off) {
  const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  EXPECT_EQ(read("", true), state::broken);
  EXPECT_EQ(problem, "connection closed without an answer");
  for (std::size_t n = 1; n < whole.size(); ++n) {
    EXPECT_EQ(read(whole.substr(0, n), true), state::broken) << n;
    EXPECT_EQ(problem, "connection closed in the middle of the answer") << n;
  }
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n", true), state::broken);
  EXPECT_EQ(problem, "connection closed in the middle of the answer");
}

TEST_F(an_answer, has_64_kib_of_headers_at_the_most_and_any_body) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\nX-A: ";
  const std::string end = "\r\n\r\n";
  const std::string body(200'000, 'x');
  const auto filler = [&](std::size_t size) {
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
  };
  EXPECT_EQ(read(filler(64 * 1'024) + body), state::complete);
  EXPECT_EQ(read(filler(64 * 1'024 + 1) + body), state::broken);
  EXPECT_EQ(problem, "the answer's headers are larger than 64 KiB");
}

} // namespace
} // namespace reeve::io
