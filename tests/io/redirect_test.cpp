#include "io/net/redirect.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

http_check request(const std::string& method, const std::string& body = "") {
  http_check r;
  r.url = "https://mon:secret@app.example/from?x";
  r.method = method;
  r.body = body;
  r.headers = {
    {"Authorization", "Bearer abc"}, {"Cookie", "a=b"},       {"X-Api-Key", "k"},
    {"Private-Token", "t"},          {"Accept", "text/html"}, {"User-Agent", "mine"},
    {"Host", "front.example"},       {"Content-Type", "a/b"}, {"content-language", "en"}};
  r.tls.server_name = "tls.example";
  r.max_redirects = 5;
  return r;
}

std::string names_in(const http_check& r) {
  std::string all;
  for (const auto& [name, value] : r.headers)
    all += (all.empty() ? "" : " ") + name;
  return all;
}

TEST(a_redirect, is_one_of_six_statuses) {
  for (int status = 100; status < 600; ++status)
    EXPECT_EQ(is_redirect(status), status == 300 || status == 301 || status == 302 || status == 303
                                     || status == 307 || status == 308)
      << status;
}

TEST(a_redirect, makes_a_get_of_what_browsers_do) {
  struct row {
    const char* method;
    int status;
    const char* next;
    bool keeps_body;
  };
  const row table[] = {
    {"POST", 301, "GET", false}, {"POST", 302, "GET", false},       {"POST", 303, "GET", false},
    {"POST", 307, "POST", true}, {"POST", 308, "POST", true},       {"PUT", 301, "PUT", true},
    {"PUT", 302, "PUT", true},   {"PUT", 303, "GET", false},        {"DELETE", 303, "GET", false},
    {"HEAD", 301, "HEAD", true}, {"HEAD", 303, "HEAD", true},       {"GET", 303, "GET", true},
    {"GET", 302, "GET", true},   {"OPTIONS", 302, "OPTIONS", true},
  };
  for (const auto& row : table) {
    const auto next = redirected(request(row.method, "ping=1"), row.status, "/to");
    ASSERT_TRUE(next);
    EXPECT_EQ(next->method, row.next) << row.method << ' ' << row.status;
    EXPECT_EQ(next->body, row.keeps_body ? "ping=1" : "") << row.method << ' ' << row.status;
    EXPECT_EQ(next->headers.contains("Content-Type"), row.keeps_body);
    EXPECT_EQ(next->headers.contains("content-language"), row.keeps_body);
  }
}

TEST(a_redirect, on_the_same_origin_takes_everything_along) {
  for (const auto* to : {"/to", "to", "https://app.example/to", "//APP.example:443/to"}) {
    const auto next = redirected(request("GET"), 302, to);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->url, "https://mon:secret@app.example/to") << to;
    EXPECT_EQ(next->headers, request("GET").headers) << to;
    EXPECT_EQ(next->tls.server_name, "tls.example") << to;
  }
}

TEST(a_redirect, to_another_origin_takes_no_secret_along) {
  for (const auto* to : {"https://other.example/to", "//other.example/to"}) {
    const auto next = redirected(request("GET"), 302, to);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->url, "https://other.example/to");
    EXPECT_EQ(names_in(*next), "Accept Content-Type User-Agent content-language");
    EXPECT_EQ(next->tls.server_name, "");
  }
  for (const auto* to : {"http://app.example/to", "https://app.example:8443/to"}) {
    const auto next = redirected(request("GET"), 307, to);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->url, to) << "without the password";
    EXPECT_EQ(names_in(*next), "Accept Content-Type Host User-Agent content-language") << to;
    EXPECT_EQ(next->tls.server_name, "tls.example") << "the host is the same";
  }
}

TEST(a_redirect, that_left_its_origin_does_not_find_its_secrets_when_it_is_back) {
  const auto away = redirected(request("GET"), 302, "https://other.example/");
  const auto back = redirected(*away, 302, "https://app.example/");
  EXPECT_EQ(names_in(*back), "Accept Content-Type User-Agent content-language");
  EXPECT_EQ(back->url, "https://app.example/");
}

TEST(a_redirect, may_name_who_asks) {
  EXPECT_EQ(redirected(request("GET"), 302, "https://you:word@other.example/")->url,
            "https://you:word@other.example/");
  EXPECT_EQ(redirected(request("GET"), 302, "https://you:word@app.example/")->url,
            "https://you:word@app.example/");
}

TEST(a_redirect, does_not_lead_out_of_the_web) {
  for (const auto* to : {"file:///etc/passwd", "unix:/run/docker.sock", "ftp://app.example/"})
    EXPECT_EQ(redirected(request("GET"), 302, to).sentence(), "not http or https") << to;
  EXPECT_EQ(redirected(request("GET"), 302, "https://").sentence(), "not a URL");
}

} // namespace
} // namespace reeve::io
