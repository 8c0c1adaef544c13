#include "io/net/web_url.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

std::string resolved(const std::string& base, const std::string& reference) {
  const auto from = parse_web_url(base);
  EXPECT_TRUE(from) << base;
  const auto to = resolve(*from, reference);
  return to ? to_text(*to) : to.sentence();
}

TEST(a_web_url, is_taken_apart) {
  const auto url = parse_web_url("HTTPS://me:p%40ss@App.Example:8443/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (web_url{"https", "me:p%40ss", "app.example", 8443, "/a/b?c=d"}));
  EXPECT_EQ(*parse_web_url("http://[::1]"), (web_url{"http", "", "[::1]", 80, "/"}));
  EXPECT_EQ(*parse_web_url("http://[::1]:81?q"), (web_url{"http", "", "[::1]", 81, "/?q"}));
}

TEST(a_web_url, is_nothing_else) {
  for (const auto* text : {"", "/a", "//host/", "http:/a", "http://", "http:///a", "http://:80/",
                           "http://a:b/", "http://a:70000/", "http://a b/", "http://[::1/"})
    EXPECT_EQ(parse_web_url(text).sentence(), "not a URL") << text;
  for (const auto* text : {"ftp://a/", "file:///etc/passwd", "unix:/run/a", "javascript:alert(1)",
                           "data:text/html,ok"})
    EXPECT_EQ(parse_web_url(text).sentence(), "not http or https") << text;
}

/// RFC 3986, 5.4, of what browsers and curl do, too.
TEST(a_reference, leads_where_the_standard_says) {
  const std::pair<const char*, const char*> table[] = {
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g/"},
    {"//g:81/x?y", "http://g:81/x?y"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q"},
    {"g#s", "http://a/b/c/g"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../g", "http://a/g"},
    {"../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {"..g", "http://a/b/c/..g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/../h", "http://a/b/c/h"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"https://g/h", "https://g/h"},
    {"http://u:p@g/h", "http://u:p@g/h"},
    {"https://g:443/h", "https://g/h"},
    {"https://g:80/h", "https://g:80/h"},
    {" /g ", "http://a/g"},
    {"/caf\xc3\xa9 au lait?x y", "http://a/caf%C3%A9%20au%20lait?x%20y"},
    {"/already%20encoded", "http://a/already%20encoded"},
    {"/a:b", "http://a/a:b"},
    {"/x//y", "http://a/x//y"},
    {"ftp://g/", "not http or https"},
    {"http://g:x/", "not a URL"},
  };
  for (const auto& [reference, expected] : table)
    EXPECT_EQ(resolved("http://a/b/c/d;p?q", reference), expected) << reference;
}

TEST(a_reference, keeps_who_asks_on_its_own_host_alone) {
  EXPECT_EQ(resolved("http://me:word@a/b", "/c"), "http://me:word@a/c");
  EXPECT_EQ(resolved("http://me:word@a/b", "//other/c"), "http://other/c");
}

TEST(an_origin, is_scheme_host_and_port) {
  const auto same = [](const char* a, const char* b) {
    return same_origin(*parse_web_url(a), *parse_web_url(b));
  };
  EXPECT_TRUE(same("http://a/x", "http://A:80/y?z"));
  EXPECT_FALSE(same("http://a/", "https://a/"));
  EXPECT_FALSE(same("http://a/", "http://a:81/"));
  EXPECT_FALSE(same("http://a/", "http://b/"));
  EXPECT_FALSE(same("http://a/", "http://www.a/"));
}

} // namespace
} // namespace reeve::io
