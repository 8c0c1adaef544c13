#include "supervisor/checks/check_outcome.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using kind = check_outcome::kind;

TEST(an_outcome, that_was_answered_is_judged_by_what_is_expected) {
  const expectation expected{.status = {{200, 299}}};
  check_outcome outcome;
  outcome.answer.status = 204;
  EXPECT_EQ(judge(expected, outcome), (check_verdict{check_result::ok, ""}));
  outcome.answer.status = 500;
  EXPECT_EQ(judge(expected, outcome),
            (check_verdict{check_result::failed, "status 500, expected 200-299"}));
}

TEST(an_outcome, that_was_not_answered_condemns_the_service_only_if_it_is_to_blame) {
  const expectation nothing;
  EXPECT_EQ(judge(nothing, {.what = kind::failed, .reason = "connection refused"}),
            (check_verdict{check_result::failed, "connection refused"}));
  EXPECT_EQ(judge(nothing, {.what = kind::not_run, .reason = "out of descriptors"}),
            (check_verdict{check_result::unknown, "out of descriptors"}));
  EXPECT_EQ(judge(nothing, {.what = kind::cancelled}),
            (check_verdict{check_result::unknown, "the check was broken off"}));
}

} // namespace
} // namespace reeve
