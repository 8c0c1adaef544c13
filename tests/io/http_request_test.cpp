#include "io/net/http_request.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

http_check asking(const std::string& url) {
  http_check what;
  what.url = url;
  return what;
}

std::string text_of(const http_check& what) {
  return http_request{what}.text;
}

TEST(a_request, says_no_more_than_it_must) {
  const http_request r{asking("http://Web.Example:8080/a?b=c#d")};
  EXPECT_EQ(r.host, "web.example");
  EXPECT_EQ(r.port, 8080);
  EXPECT_FALSE(r.by_tls);
  EXPECT_EQ(r.text, "GET /a?b=c HTTP/1.1\r\nHost: web.example:8080\r\nUser-Agent: reeve\r\n"
                    "Accept: */*\r\nConnection: close\r\n\r\n");
}

TEST(a_request, asks_to_keep_its_connection_only_if_it_will_be_used_again) {
  auto what = asking("https://[::1]/");
  what.connection = connection_use::kept;
  const http_request kept{what};
  EXPECT_EQ(kept.host, "::1");
  EXPECT_EQ(kept.port, 443);
  EXPECT_TRUE(kept.by_tls);
  EXPECT_TRUE(kept.keeps_connection);
  EXPECT_EQ(kept.text, "GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: reeve\r\nAccept: */*\r\n\r\n");
  what.max_redirects = 1;
  EXPECT_FALSE(http_request{what}.keeps_connection) << "it may lead anywhere";
}

TEST(a_request, has_a_body_with_its_length) {
  auto what = asking("http://a/");
  what.method = "POST";
  EXPECT_NE(text_of(what).find("\r\nContent-Length: 0\r\n"), std::string::npos);
  what.body = "x=1\r\n";
  EXPECT_NE(text_of(what).find("\r\nContent-Length: 5\r\n"
                               "Content-Type: application/x-www-form-urlencoded\r\n\r\nx=1\r\n"),
            std::string::npos);
  what.headers = {{"content-type", "text/plain"}, {"Transfer-Encoding", "chunked"}};
  EXPECT_EQ(text_of(what).find("urlencoded"), std::string::npos);
  EXPECT_EQ(text_of(what).find("chunked"), std::string::npos) << "the body is not sent so";
  what.method = "GET";
  EXPECT_NE(text_of(what).find("\r\nContent-Length: 5\r\n"), std::string::npos);
}

TEST(a_request, has_the_headers_it_is_given_in_place_of_its_own) {
  auto what = asking("http://a/");
  what.headers = {{"HOST", "b"}, {"accept", "text/html"}, {"user-agent", "me"}, {"X-Empty", ""}};
  EXPECT_EQ(text_of(what), "GET / HTTP/1.1\r\nConnection: close\r\nHOST: b\r\nX-Empty: \r\n"
                           "accept: text/html\r\nuser-agent: me\r\n\r\n");
}

TEST(a_request, tells_who_asks) {
  EXPECT_NE(
    text_of(asking("http://mon:s%3Acret@a/")).find("\r\nAuthorization: Basic bW9uOnM6Y3JldA==\r\n"),
    std::string::npos);
  EXPECT_EQ(basic_authorization("mon"), "Basic bW9uOg==");
  EXPECT_EQ(basic_authorization("a%4"), "Basic YSU0Og==") << "that is no code";
  auto given = asking("http://mon:secret@a/");
  given.headers = {{"Authorization", "Bearer t"}};
  EXPECT_EQ(text_of(given).find("Basic"), std::string::npos);
}

TEST(a_request, of_what_is_no_url_has_no_host) {
  EXPECT_EQ(http_request{asking("http://")}.host, "");
  EXPECT_EQ(http_request{asking("ftp://a/")}.host, "");
}

} // namespace
} // namespace reeve::io
