#include "http/guard.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace reeve::http {

namespace {

request asked(bool from_loopback, std::vector<std::pair<std::string, std::string>> headers) {
  request r;
  r.method = "POST";
  r.from_loopback = from_loopback;
  r.headers = std::move(headers);
  return r;
}

constexpr bool near = true;
constexpr bool far = false;

int status_of(const request& r, const server_spec& spec = {}) {
  const auto refused = refuse_order(r, spec);
  return refused ? refused->status : 0;
}

class token_file {
public:
  explicit token_file(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "reeve-token-XXXXXX").string();
    ::close(::mkstemp(name.data()));
    path = name;
    write(text);
  }
  ~token_file() {
    std::filesystem::remove(path);
  }
  void write(const std::string& text) const {
    std::ofstream{path} << text;
  }
  std::string path;
};

} // namespace

TEST(guard, lets_this_machine_in_under_its_own_names) {
  for (const auto* host : {"localhost:8006", "LOCALHOST", "127.0.0.1:8006", "[::1]:8006", "[::1]",
                           "192.168.1.5:8006", "reeve.localhost:8006"})
    EXPECT_EQ(status_of(asked(near, {{"Host", host}})), 0) << host;
  server_spec named;
  named.host = "watch.example";
  EXPECT_EQ(status_of(asked(near, {{"Host", "watch.example:8006"}}), named), 0);
  EXPECT_EQ(status_of(asked(near, {})), 0) << "HTTP/1.0";
}

TEST(guard, refuses_a_strangers_name_that_points_at_this_machine) {
  for (const auto* host : {"evil.example:8006", "localhost.evil.example", "127.0.0.1.evil.example",
                           "notlocalhost", ".localhost", ""})
    EXPECT_EQ(status_of(asked(near, {{"Host", host}})), 403) << host;
  EXPECT_EQ(
    status_of(asked(near, {{"Host", "evil.example:8006"}, {"Origin", "http://evil.example:8006"}})),
    403);
}

TEST(guard, refuses_pages_of_other_sites) {
  const std::pair<std::string, std::string> host{"Host", "localhost:8006"};
  for (const auto* origin :
       {"http://evil.example", "null", "", "http://localhost", "http://localhost:8007",
        "https://localhost", "localhost:8006", "http://localhost:8006.evil.example"})
    EXPECT_EQ(status_of(asked(near, {host, {"Origin", origin}})), 403) << origin;
  EXPECT_EQ(status_of(asked(near, {host, {"Origin", "http://localhost:8006"}})), 0);
  EXPECT_EQ(status_of(asked(near, {host, {"Origin", "HTTP://LOCALHOST:8006"}})), 0);
  EXPECT_EQ(status_of(asked(near, {{"Host", "localhost"}, {"Origin", "http://localhost"}})), 0);
  EXPECT_EQ(status_of(asked(near, {{"Host", "localhost"}, {"Origin", "https://localhost"}})), 0)
    << "behind a proxy that speaks TLS";
  EXPECT_EQ(status_of(asked(near, {{"Host", "[::1]"}, {"Origin", "http://[::1]:80"}})), 0);
}

TEST(guard, refuses_others_unless_there_is_a_token_file) {
  const auto refused = refuse_order(asked(far, {{"Host", "10.0.0.1:8006"}}), {});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_NE(refused->body.find("server.token_file"), std::string::npos);
}

TEST(guard, lets_others_in_with_the_token_and_only_with_it) {
  const token_file file{"  s3cret-token \n second line\n"};
  server_spec spec;
  spec.token_file = file.path;
  const auto with = [&](const std::string& value) {
    return status_of(asked(far, {{"Host", "watch.example"}, {"Authorization", value}}), spec);
  };
  EXPECT_EQ(with("Bearer s3cret-token"), 0);
  EXPECT_EQ(with("bearer   s3cret-token"), 0);
  for (const auto* wrong :
       {"Bearer s3cret-toke", "Bearer s3cret-token2", "Bearer", "Bearer ", "", "s3cret-token",
        "Basic s3cret-token", "Bearer second line", "Bearer s3cret-tokens3cret-token"})
    EXPECT_EQ(with(wrong), 401) << wrong;
  EXPECT_EQ(status_of(asked(far, {{"Host", "watch.example"}}), spec), 401);
}

TEST(guard, says_how_to_give_the_token) {
  const token_file file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  const auto refused = refuse_order(asked(far, {{"Host", "h"}}), spec);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->body.find("Authorization: Bearer"), std::string::npos);
  ASSERT_EQ(refused->headers.size(), 1U);
  EXPECT_EQ(refused->headers[0].first, "WWW-Authenticate");
}

TEST(guard, reads_the_token_anew_each_time) {
  const token_file file{"old"};
  server_spec spec;
  spec.token_file = file.path;
  const auto r = asked(far, {{"Host", "h"}, {"Authorization", "Bearer new"}});
  EXPECT_EQ(status_of(r, spec), 401);
  file.write("new");
  EXPECT_EQ(status_of(r, spec), 0);
}

TEST(guard, an_empty_or_missing_token_file_lets_nobody_in) {
  const token_file file{" \n"};
  server_spec spec;
  spec.token_file = file.path;
  const auto r = asked(far, {{"Host", "h"}, {"Authorization", "Bearer "}});
  EXPECT_EQ(status_of(r, spec), 500);
  spec.token_file += ".missing";
  EXPECT_EQ(status_of(r, spec), 500);
}

TEST(guard, asks_this_machine_for_no_token) {
  const token_file file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  EXPECT_EQ(status_of(asked(near, {{"Host", "localhost"}}), spec), 0);
  EXPECT_EQ(status_of(asked(near, {{"Host", "watch.example"}}), spec), 403);
  EXPECT_EQ(
    status_of(asked(near, {{"Host", "watch.example"}, {"Authorization", "Bearer abc"}}), spec), 0)
    << "a proxy on this machine";
}

TEST(guard, the_token_does_not_help_a_page_of_another_site) {
  const token_file file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  EXPECT_EQ(status_of(asked(far, {{"Host", "h"},
                                  {"Origin", "http://evil.example"},
                                  {"Authorization", "Bearer abc"}}),
                      spec),
            403);
}

} // namespace reeve::http
