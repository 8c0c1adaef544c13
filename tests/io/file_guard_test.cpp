#include "io/checks/file_guard.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace reeve::io {
namespace {

using texts = std::vector<std::string>;

TEST(the_files_of_a_check, are_all_that_a_library_would_open_on_the_loop) {
  tls_options tls;
  tls.ca_file = "ca";
  tls.certificate_file = "certificate";
  tls.key_file = "key";
  http_check http;
  http.tls = tls;
  http.unix_socket = "socket";
  EXPECT_EQ(files_of(http), (texts{"ca", "certificate", "key", "socket"}));
  tcp_check tcp;
  tcp.unix_socket = "socket";
  EXPECT_EQ(files_of(tcp), texts{"socket"});
  tcp.tls = tls;
  EXPECT_EQ(files_of(tcp), (texts{"ca", "certificate", "key", "socket"}));
  redis_check redis;
  redis.unix_socket = "socket";
  EXPECT_EQ(files_of(redis), texts{"socket"});
  EXPECT_EQ(files_of(http_check{}), texts{});
}

TEST(the_files_of_a_postgres_check, are_those_of_its_url_its_socket_and_one_at_home) {
  const std::string at_home = std::getenv("HOME") + std::string{"/.pgpass"};
  postgres_check postgres;
  postgres.url = "postgres://app@db/app?sslrootcert=/ca&sslcert=/cert&sslkey=/key&passfile=/pass";
  EXPECT_EQ(files_of(check_target{postgres}), (texts{"/ca", "/cert", "/key", "/pass", at_home}));
  postgres.url = "postgres:///app?host=/run/postgresql&port=5433";
  EXPECT_EQ(files_of(check_target{postgres}), (texts{"/run/postgresql/.s.PGSQL.5433", at_home}));
  postgres.url = "postgres://db:no/app";
  EXPECT_NO_THROW(files_of(check_target{postgres})) << "its check says what is wrong with it";
}

} // namespace
} // namespace reeve::io
