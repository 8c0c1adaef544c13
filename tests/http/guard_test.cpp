#include "http/pages/guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace reeve::http {

namespace {

sockaddr_storage address(const std::string& text, unsigned interface = 0) {
  sockaddr_storage made{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(made);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(made);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return made;
  }
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  v6.sin6_scope_id = interface;
  return made;
}

request asked(bool from_here, std::vector<std::pair<std::string, std::string>> headers) {
  request r;
  r.method = "POST";
  r.client = from_here ? peer{address("127.0.0.1"), address("127.0.0.1")}
                       : peer{address("203.0.113.9"), address("192.0.2.99")};
  r.headers = std::move(headers);
  return r;
}

constexpr bool near = true;
constexpr bool far = false;

int status_of(const request& r, const server_spec& spec = {}) {
  const auto refused = refuse_order(r, spec, read_token(spec.token_file));
  return refused ? refused->status : 0;
}

class written_token {
public:
  explicit written_token(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "reeve-token-XXXXXX").string();
    ::close(::mkstemp(name.data()));
    path = name;
    write(text);
  }
  ~written_token() {
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
  named.listen = {{"0.0.0.0", 1, ""}, {"watch.example", 2, ""}};
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
  const auto refused = refuse_order(asked(far, {{"Host", "10.0.0.1:8006"}}), {}, std::string{});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_NE(refused->body.find("server.token_file"), std::string::npos);
}

TEST(guard, lets_others_in_with_the_token_and_only_with_it) {
  const written_token file{"  s3cret-token \n second line\n"};
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
  const written_token file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  const auto refused = refuse_order(asked(far, {{"Host", "h"}}), spec, read_token(file.path));
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->body.find("Authorization: Bearer"), std::string::npos);
  ASSERT_EQ(refused->headers.size(), 1U);
  EXPECT_EQ(refused->headers[0].first, "WWW-Authenticate");
}

TEST(guard, reads_the_token_anew_each_time) {
  const written_token file{"old"};
  server_spec spec;
  spec.token_file = file.path;
  const auto r = asked(far, {{"Host", "h"}, {"Authorization", "Bearer new"}});
  EXPECT_EQ(status_of(r, spec), 401);
  file.write("new");
  EXPECT_EQ(status_of(r, spec), 0);
}

TEST(guard, an_empty_or_missing_token_file_lets_nobody_in) {
  const written_token file{" \n"};
  server_spec spec;
  spec.token_file = file.path;
  const auto r = asked(far, {{"Host", "h"}, {"Authorization", "Bearer "}});
  EXPECT_EQ(status_of(r, spec), 500);
  spec.token_file += ".missing";
  EXPECT_EQ(status_of(r, spec), 500);
}

TEST(guard, asks_this_machine_for_no_token) {
  const written_token file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  EXPECT_EQ(status_of(asked(near, {{"Host", "localhost"}}), spec), 0);
  EXPECT_EQ(status_of(asked(near, {{"Host", "watch.example"}}), spec), 403);
  EXPECT_EQ(
    status_of(asked(near, {{"Host", "watch.example"}, {"Authorization", "Bearer abc"}}), spec), 0)
    << "a proxy on this machine";
}

TEST(guard, the_token_does_not_help_a_page_of_another_site) {
  const written_token file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  EXPECT_EQ(status_of(asked(far, {{"Host", "h"},
                                  {"Origin", "http://evil.example"},
                                  {"Authorization", "Bearer abc"}}),
                      spec),
            403);
}

TEST(guard, with_orders_token_asks_this_machine_too) {
  const written_token file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  spec.orders = order_access::token;
  auto by_file = asked(near, {{"Host", "localhost"}});
  sockaddr_storage socket{};
  socket.ss_family = AF_UNIX;
  by_file.client = peer{socket, socket};
  for (const auto& r : {asked(near, {{"Host", "localhost"}}), asked(near, {}), by_file})
    EXPECT_EQ(status_of(r, spec), 401);
  for (const bool place : {near, far})
    EXPECT_EQ(
      status_of(asked(place, {{"Host", "watch.example"}, {"Authorization", "Bearer abc"}}), spec),
      0);
  EXPECT_EQ(status_of(asked(near, {{"Host", "h"},
                                   {"Origin", "http://evil.example"},
                                   {"Authorization", "Bearer abc"}}),
                      spec),
            403);
  spec.token_file.clear();
  EXPECT_EQ(status_of(asked(near, {{"Host", "localhost"}}), spec), 403) << "nobody has a token";
}

TEST(guard, with_orders_none_lets_nobody_in) {
  const written_token file{"abc"};
  server_spec spec;
  spec.token_file = file.path;
  spec.orders = order_access::none;
  for (const bool place : {near, far}) {
    const auto r = asked(place, {{"Host", "localhost"}, {"Authorization", "Bearer abc"}});
    const auto refused = refuse_order(r, spec, std::string{"abc"});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 403);
    EXPECT_NE(refused->body.find("server.orders: none"), std::string::npos) << refused->body;
  }
}

TEST(guard, refuses_a_page_of_another_site_that_names_no_host) {
  EXPECT_EQ(status_of(asked(near, {{"Origin", "http://evil.example"}})), 403);
}

TEST(guard, takes_any_name_on_a_socket_in_the_file_system_but_no_foreign_page) {
  sockaddr_storage socket{};
  socket.ss_family = AF_UNIX;
  auto r = asked(near, {{"Host", "reeve"}});
  r.client = peer{socket, socket};
  EXPECT_EQ(status_of(r), 0);
  r.headers.emplace_back("Origin", "http://evil.example");
  EXPECT_EQ(status_of(r), 403);
}

TEST(a_peer, is_this_machine_on_loopback_and_on_each_of_its_addresses) {
  const auto is_here = [](const std::string& from, const std::string& to) {
    return peer{address(from), address(to)}.is_this_machine();
  };
  for (const auto* from : {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_here(from, "192.0.2.99")) << from;
  EXPECT_TRUE(is_here("192.0.2.99", "192.0.2.99")) << "only this machine has both ends";
  EXPECT_TRUE(is_here("::ffff:192.0.2.99", "192.0.2.99"));
  for (const auto* from : {"203.0.113.9", "::ffff:203.0.113.9", "128.0.0.1", "126.255.255.255",
                           "::2", "::", "2001:db8::1", "::127.0.0.1", "7f00::1"})
    EXPECT_FALSE(is_here(from, "192.0.2.99")) << from;
  EXPECT_FALSE(is_here("203.0.113.9", "::ffff:192.0.2.99"));
  EXPECT_FALSE(peer{}.is_this_machine()) << "nobody knows";
}

TEST(a_peer, is_this_machine_by_whichever_of_its_addresses_it_came) {
  ifaddrs* all = nullptr;
  ASSERT_EQ(::getifaddrs(&all), 0);
  int seen = 0;
  for (const auto* a = all; a != nullptr; a = a->ifa_next) {
    if (a->ifa_addr == nullptr
        || (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
      continue;
    sockaddr_storage from{};
    std::memcpy(&from, a->ifa_addr,
                a->ifa_addr->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_TRUE((peer{from, address("203.0.113.1")}.is_this_machine())) << a->ifa_name;
    ++seen;
  }
  ::freeifaddrs(all);
  EXPECT_GT(seen, 0);
}

TEST(a_peer, on_one_link_is_not_the_same_address_on_another) {
  const auto ours = address("fe80::5", 2);
  EXPECT_TRUE((peer{address("fe80::5", 2), ours}.is_this_machine()));
  EXPECT_FALSE((peer{address("fe80::5", 3), ours}.is_this_machine()));
  EXPECT_FALSE((peer{address("fe80::6", 2), ours}.is_this_machine()));
}

} // namespace reeve::http
