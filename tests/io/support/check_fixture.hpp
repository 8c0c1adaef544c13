#pragma once

#include "io/loop/loop.hpp"
#include "tests/io/support/run_check.hpp"
#include "tests/io/support/scarce_descriptors.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace reeve::io::test {

/// What a test of a kind of check needs.
struct check_fixture : testing::Test {
  loop l;
  check_engine engine{l, nullptr};
  temp_folder folder;

  check_outcome run(const check_spec& spec) {
    return run_check(l, engine, spec);
  }
  check_verdict verdict(const check_spec& spec) {
    return judge(spec.expect, run(spec));
  }

  void expect_good(const check_spec& spec) {
    const auto o = run(spec);
    EXPECT_EQ(o.what, check_outcome::kind::answered) << o.reason;
    EXPECT_EQ(judge(spec.expect, o).reason, "");
  }
  void expect_failure(const check_spec& spec, const std::string& reason) {
    const auto v = verdict(spec);
    EXPECT_EQ(v.result, check_result::failed);
    EXPECT_EQ(v.reason, reason);
  }
  void expect_not_run(const check_spec& spec, const std::string& reason) {
    const auto o = run(spec);
    EXPECT_EQ(o.what, check_outcome::kind::not_run);
    EXPECT_EQ(o.reason, reason);
  }
  void expect_not_run_without_descriptors(const check_spec& spec) {
    const auto c = engine.make(spec);
    const scarce_descriptors none{0};
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, check_outcome::kind::not_run);
    EXPECT_EQ(o.reason, none.reason());
    EXPECT_TRUE(o.exhausted);
  }

  void cancel(
    const check_spec& spec, const std::function<void()>& meanwhile = [] {}) {
    cancel_check(l, engine.make(spec), meanwhile);
  }
};

} // namespace reeve::io::test
