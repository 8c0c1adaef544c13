#include "io/file_guard.hpp"

#include <gtest/gtest.h>

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

} // namespace
} // namespace reeve::io
