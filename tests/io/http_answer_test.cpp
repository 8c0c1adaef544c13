// Answers that are compressed, endless, cut off or plainly wrong.
#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/coded.hpp"
#include "tests/io/support/listener.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct the_answer_of_an_http_check : check_fixture {
  expectation expect;

  check_outcome of(const std::string& said, and_then end = and_then::hangs_up,
                   const http_check& how = {}) {
    listener server{[&](int fd) {
      receive_headers(fd);
      send_all(fd, said);
      if (end == and_then::listens)
        hear_out(fd);
      return true;
    }};
    check_spec spec;
    auto target = how;
    target.url = server.url();
    spec.target = target;
    spec.timeout = 20s;
    spec.expect = expect;
    return run(spec);
  }
  std::string judged(const std::string& said, and_then end = and_then::hangs_up) {
    return judge(expect, of(said, end)).reason;
  }

  static std::string coded(const std::string& coding, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding
           + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

const std::string json = "{\"status\": \"ok\"}";

} // namespace

TEST_F(the_answer_of_an_http_check, is_compared_without_its_coding) {
  expect.fields = {{"status", {comparator::equal, "ok"}}};
  expect.contains = "\"ok\"";
  EXPECT_EQ(judged(coded("gzip", deflated(json))), "");
  EXPECT_EQ(judged(coded("x-gzip", deflated(json))), "");
  EXPECT_EQ(judged(coded("deflate", deflated(json, frame::zlib))), "");
  EXPECT_EQ(judged(coded("deflate", deflated(json, frame::none))), "");
  EXPECT_EQ(judged(coded("br", brotli_of_ok())), "");
  EXPECT_EQ(judged(coded("br, gzip", deflated(brotli_of_ok()))), "");
  EXPECT_EQ(judged(coded("br\r\nContent-Encoding: gzip", deflated(brotli_of_ok()))), "");
  EXPECT_EQ(judged(coded("identity", json)), "");
  EXPECT_EQ(judged(coded("utf-8", json)), "");
  expect.contains = "missing";
  EXPECT_EQ(judged(coded("gzip", deflated(json))),
            "body does not contain 'missing': '{\"status\": \"ok\"}'");
}

TEST_F(the_answer_of_an_http_check, may_be_coded_badly) {
  for (const bool asked : {false, true}) {
    if (asked)
      expect.contains = "ok";
    EXPECT_EQ(judged(coded("gzip", json)),
              "the answer's body is not gzip, as its Content-Encoding says");
    EXPECT_EQ(judged(coded("gzip", deflated(json).substr(0, 20))), "the answer's gzip is cut off");
    EXPECT_EQ(judged(coded("br", brotli_of_ok().substr(0, 9))), "the answer's br is cut off");
  }
}

TEST_F(the_answer_of_an_http_check, in_a_coding_that_we_do_not_know_is_no_fault_of_the_service) {
  EXPECT_EQ(of(coded("zstd", "whatever")).answer.status, 200) << "nobody asks for the body";
  expect.contains = "ok";
  const auto o = of(coded("zstd", "whatever"));
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "the answer is coded as 'zstd', which Reeve cannot read; ask for another "
                      "coding by the header Accept-Encoding, such as gzip");
}

TEST_F(the_answer_of_an_http_check, may_have_a_coding_and_no_body) {
  EXPECT_EQ(judged(coded("gzip", "")), "");
  http_check head;
  head.method = "HEAD";
  EXPECT_EQ(of("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n",
               and_then::hangs_up, head)
              .answer.status,
            200);
  EXPECT_EQ(
    of("HTTP/1.1 304 X\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n").answer.status, 304);
}

TEST_F(the_answer_of_an_http_check, is_looked_at_as_far_as_256_kib_of_its_text) {
  expect.contains = "needle";
  const std::string filler(200'000, 'x');
  EXPECT_EQ(judged(coded("gzip", deflated(filler + "needle"))), "");
  const auto beyond = judged(coded("gzip", deflated(filler + filler + "needle")));
  EXPECT_EQ(beyond.substr(0, 31), "body does not contain 'needle':");
  EXPECT_EQ(judged(coded("gzip", deflated(std::string(50'000'000, 'x')))).substr(0, 31),
            "body does not contain 'needle':");
}

TEST_F(the_answer_of_an_http_check, matches_to_the_end_of_its_line) {
  expect.matches = "^ok$";
  const auto with_body = [](const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  for (const auto* good : {"ok", "ok\n", "ok\r\n"})
    EXPECT_EQ(judged(with_body(good)), "") << good;
  for (const auto* bad : {"okay", "ok\n\n", "ok \n", "\nok", "not ok\n", "ok\nmore"})
    EXPECT_NE(judged(with_body(bad)), "") << bad;
  expect.matches = "\\n$";
  EXPECT_EQ(judged(with_body("ok\n")), "") << "whoever asks for the end itself finds it";
}

TEST_F(the_answer_of_an_http_check, has_the_headers_that_are_expected) {
  expect.headers = {{"Location", {comparator::equal, "/login"}},
                    {"x-list", {comparator::equal, "a, b"}}};
  EXPECT_EQ(judged("HTTP/1.1 302 X\r\nLOCATION: /login\r\nX-List: a\r\nX-list: b\r\n\r\n"), "");
  EXPECT_EQ(judged("HTTP/1.1 302 X\r\nLocation: /maintenance\r\nX-List: a, b\r\n\r\n"),
            "header Location is '/maintenance', expected /login");
  EXPECT_EQ(judged("HTTP/1.1 302 X\r\nX-List: a, b\r\n\r\n"),
            "header Location is missing, expected /login");
  EXPECT_EQ(judged("HTTP/1.1 103 Early\r\nLocation: /login\r\nX-List: a, b\r\n\r\n"
                   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            "header Location is missing, expected /login");
}

TEST_F(the_answer_of_an_http_check, compares_json_as_it_is_written) {
  const auto said = [](const std::string& body) { return "HTTP/1.1 200 OK\r\n\r\n" + body; };
  expect.fields = {{"v", {comparator::equal, "1.1"}}};
  EXPECT_EQ(judged(said("{\"v\": 1.10}")), "");
  EXPECT_EQ(judged(said("{\"v\": \"1.10\"}")), "v is the text '1.10', expected 1.1");
  expect.fields = {{"v", {comparator::equal, "9007199254740993"}}};
  EXPECT_EQ(judged(said("{\"v\": 9007199254740993}")), "");
  EXPECT_EQ(judged(said("{\"v\": 9007199254740992}")),
            "v is '9007199254740992', expected 9007199254740993");
  expect.fields = {{"v", {comparator::equal, "123456789012345678901234567890"}}};
  EXPECT_EQ(judged(said("{\"v\": 123456789012345678901234567890}")), "");
  EXPECT_NE(judged(said("{\"v\": 123456789012345678901234567891}")), "");
}

TEST_F(the_answer_of_an_http_check, may_be_longer_than_it_says) {
  expect.contains = "ok";
  EXPECT_EQ(judged("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), "");
  EXPECT_EQ(judged("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok"),
            "body does not contain 'ok': 'o'");
}

TEST_F(the_answer_of_an_http_check, may_be_cut_off) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(judged(chunked + "2\r\nok\r\n0\r\n\r\n"), "");
  for (const auto* part : {"2\r\nok\r\n", "a\r\nok", "2\r\nok", "2\r\n", ""})
    EXPECT_EQ(judged(chunked + part), "connection closed in the middle of the answer") << part;
  EXPECT_EQ(judged("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"),
            "connection closed in the middle of the answer");
  EXPECT_EQ(judged("HTTP/1.1 200 OK\r\n\r\nok"), "") << "without a length the end is the end";
}

TEST_F(the_answer_of_an_http_check, may_have_a_body_that_nobody_may_send) {
  for (const auto* status : {"204", "304"}) {
    const auto o = of("HTTP/1.1 " + std::string{status} + " X\r\nContent-Length: 2\r\n\r\nok",
                      and_then::listens);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    EXPECT_EQ(o.answer.excerpt, "");
  }
}

TEST_F(the_answer_of_an_http_check, comes_after_those_that_only_inform) {
  EXPECT_EQ(of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
              .answer.excerpt,
            "ok");
  std::string endless;
  for (int i = 0; i < 5'000; ++i)
    endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(judged(endless, and_then::listens), "the answer's headers are larger than 64 KiB");
}

TEST_F(the_answer_of_an_http_check, may_be_no_http_at_all) {
  for (const auto* said : {"hello\n", "<html>old</html>", "220 mail.example ESMTP\r\n",
                           "\x16\x03\x01\x02", "HTTP/9.9 what\r\n\r\n"})
    EXPECT_EQ(of(said).what, kind::failed) << said;
  EXPECT_EQ(judged("<html>old</html>"), "the answer is not HTTP");
}

TEST_F(the_answer_of_an_http_check, may_come_before_all_was_sent) {
  listener hasty{[](int fd) {
    char some[1'000];
    (void)recv(fd, some, sizeof some, 0);
    send_all(fd, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    hear_out(fd);
    return true;
  }};
  http_check target;
  target.url = hasty.url();
  target.method = "POST";
  target.body = std::string(3'000'000, 'x');
  check_spec spec;
  spec.target = target;
  spec.timeout = 20s;
  const auto o = run(spec);
  EXPECT_EQ(o.answer.status, 413) << o.reason;
}
