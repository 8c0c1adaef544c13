#pragma once

#include "io/loop.hpp"
#include "tests/io/support/run_check.hpp"
#include "tests/io/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

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

  /// Destroys a check under way, after `meanwhile`, and sees that it tells of that at once and only
  /// once.
  void cancel(
    const check_spec& spec, const std::function<void()>& meanwhile = [] {}) {
    auto c = engine.make(spec);
    int calls = 0;
    c->run([&](const check_outcome& o) {
      ++calls;
      EXPECT_EQ(o.what, check_outcome::kind::cancelled);
    });
    meanwhile();
    EXPECT_EQ(calls, 0);
    c.reset();
    EXPECT_EQ(calls, 1);
    run_for(l, std::chrono::milliseconds{20});
    EXPECT_EQ(calls, 1);
  }
};

} // namespace reeve::io::test
