#include "io/net/connect_failure.hpp"

#include <errno.h>
#include <gtest/gtest.h>

namespace reeve::io {
namespace {

enum class whose { theirs, ours };

fault silence() {
  return {.reason = "could not connect within 1 s"};
}

constexpr const char* no_way = "cannot connect: this machine has no way to that network";
constexpr const char* no_address = "cannot connect: this machine has no address to connect from";

TEST(attempts_at_all_addresses, are_unknown_only_if_every_one_failed_for_a_reason_of_ours) {
  struct row {
    std::vector<int> errors; ///< -1: silence
    whose side;
    const char* reason;
  };
  const row table[] = {
    {{ECONNREFUSED}, whose::theirs, "connection refused"},
    {{ENETUNREACH}, whose::ours, no_way},
    {{EADDRNOTAVAIL, ECONNREFUSED}, whose::theirs, "connection refused"},
    {{ECONNREFUSED, EADDRNOTAVAIL}, whose::theirs, "connection refused"},
    {{ENETUNREACH, ECONNREFUSED}, whose::theirs, "connection refused"},
    {{ECONNREFUSED, EAFNOSUPPORT}, whose::theirs, "connection refused"},
    {{EACCES, ECONNREFUSED, EPERM}, whose::theirs, "connection refused"},
    {{ENETUNREACH, -1}, whose::theirs, "could not connect within 1 s"},
    {{-1, ENETUNREACH}, whose::theirs, "could not connect within 1 s"},
    {{-1, EACCES, EADDRNOTAVAIL}, whose::theirs, "could not connect within 1 s"},
    {{-1, ECONNREFUSED}, whose::theirs, "connection refused"},
    {{EHOSTUNREACH, ENETUNREACH}, whose::theirs, "no way to the host"},
    {{EHOSTUNREACH, ECONNREFUSED}, whose::theirs, "connection refused"},
    {{ENETUNREACH, EADDRNOTAVAIL}, whose::ours, no_way},
    {{EADDRNOTAVAIL, ENETUNREACH}, whose::ours, no_address},
    {{EAFNOSUPPORT, EACCES},
     whose::ours,
     "cannot connect: Address family not supported by protocol"},
  };
  for (const auto& row : table) {
    std::vector<fault> attempts;
    std::string which;
    for (const int error : row.errors) {
      attempts.push_back(error < 0 ? silence() : explain_connect_error(error));
      which += std::to_string(error) + ' ';
    }
    const auto o = fault_of_attempts(attempts);
    EXPECT_EQ(o.ours, row.side == whose::ours) << which;
    EXPECT_EQ(o.reason, row.reason) << which;
  }
}

TEST(an_attempt, is_the_services_fault_or_ours_by_its_errno) {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ECONNRESET, ECONNABORTED, EPIPE, 0})
    EXPECT_FALSE(explain_connect_error(error).ours) << error;
  for (const int error : {EADDRNOTAVAIL, ENETUNREACH, ENETDOWN, EACCES, EPERM, EAFNOSUPPORT})
    EXPECT_TRUE(explain_connect_error(error).ours) << error;
  for (const int error : {ENOENT, ENOTDIR, ECONNREFUSED, ENOTSOCK, EAGAIN})
    EXPECT_FALSE(explain_socket_error(error, "/run/a").ours) << error;
  for (const int error : {EACCES, ENAMETOOLONG})
    EXPECT_TRUE(explain_socket_error(error, "/run/a").ours) << error;
  EXPECT_EQ(explain_socket_error(ENAMETOOLONG, "/run/a").reason,
            "cannot connect to socket '/run/a': the path is too long");
}

TEST(attempts_at_all_addresses, tell_nothing_once_something_ran_out_here) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    const auto o =
      fault_of_attempts({explain_connect_error(ECONNREFUSED), explain_connect_error(error)});
    EXPECT_TRUE(o.ours);
    EXPECT_TRUE(o.exhausted);
  }
}

} // namespace
} // namespace reeve::io
