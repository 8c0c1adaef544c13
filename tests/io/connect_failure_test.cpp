#include "io/connect_failure.hpp"

#include <errno.h>
#include <gtest/gtest.h>

namespace reeve::io {
namespace {

using kind = check_outcome::kind;

check_outcome silence() {
  return {kind::failed, {}, "could not connect within 1 s"};
}

constexpr const char* no_way = "cannot connect: this machine has no way to that network";
constexpr const char* no_address = "cannot connect: this machine has no address to connect from";

TEST(attempts_at_all_addresses, are_unknown_only_if_every_one_failed_for_a_reason_of_ours) {
  struct row {
    std::vector<int> errors; ///< -1: silence
    kind what;
    const char* reason;
  };
  const row table[] = {
    {{ECONNREFUSED}, kind::failed, "connection refused"},
    {{ENETUNREACH}, kind::not_run, no_way},
    {{EADDRNOTAVAIL, ECONNREFUSED}, kind::failed, "connection refused"},
    {{ECONNREFUSED, EADDRNOTAVAIL}, kind::failed, "connection refused"},
    {{ENETUNREACH, ECONNREFUSED}, kind::failed, "connection refused"},
    {{ECONNREFUSED, EAFNOSUPPORT}, kind::failed, "connection refused"},
    {{EACCES, ECONNREFUSED, EPERM}, kind::failed, "connection refused"},
    {{ENETUNREACH, -1}, kind::failed, "could not connect within 1 s"},
    {{-1, ENETUNREACH}, kind::failed, "could not connect within 1 s"},
    {{-1, EACCES, EADDRNOTAVAIL}, kind::failed, "could not connect within 1 s"},
    {{-1, ECONNREFUSED}, kind::failed, "connection refused"},
    {{EHOSTUNREACH, ENETUNREACH}, kind::failed, "no way to the host"},
    {{EHOSTUNREACH, ECONNREFUSED}, kind::failed, "connection refused"},
    {{ENETUNREACH, EADDRNOTAVAIL}, kind::not_run, no_way},
    {{EADDRNOTAVAIL, ENETUNREACH}, kind::not_run, no_address},
    {{EAFNOSUPPORT, EACCES},
     kind::not_run,
     "cannot connect: Address family not supported by protocol"},
  };
  for (const auto& row : table) {
    std::vector<check_outcome> attempts;
    std::string which;
    for (const int error : row.errors) {
      attempts.push_back(error < 0 ? silence() : explain_connect_error(error));
      which += std::to_string(error) + ' ';
    }
    const auto o = outcome_of_attempts(attempts);
    EXPECT_EQ(o.what, row.what) << which;
    EXPECT_EQ(o.reason, row.reason) << which;
  }
}

TEST(an_attempt, is_the_services_fault_or_ours_by_its_errno) {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ECONNRESET, ECONNABORTED, EPIPE, 0})
    EXPECT_EQ(explain_connect_error(error).what, kind::failed) << error;
  for (const int error : {EADDRNOTAVAIL, ENETUNREACH, ENETDOWN, EACCES, EPERM, EAFNOSUPPORT})
    EXPECT_EQ(explain_connect_error(error).what, kind::not_run) << error;
  for (const int error : {ENOENT, ENOTDIR, ECONNREFUSED, ENOTSOCK, EAGAIN})
    EXPECT_EQ(explain_socket_error(error, "/run/a").what, kind::failed) << error;
  for (const int error : {EACCES, ENAMETOOLONG})
    EXPECT_EQ(explain_socket_error(error, "/run/a").what, kind::not_run) << error;
  EXPECT_EQ(explain_socket_error(ENAMETOOLONG, "/run/a").reason,
            "cannot connect to socket '/run/a': the path is too long");
}

TEST(attempts_at_all_addresses, tell_nothing_once_something_ran_out_here) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    const auto o =
      outcome_of_attempts({explain_connect_error(ECONNREFUSED), explain_connect_error(error)});
    EXPECT_EQ(o.what, kind::not_run);
    EXPECT_TRUE(o.exhausted);
  }
}

} // namespace
} // namespace reeve::io
