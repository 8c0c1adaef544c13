#pragma once

#include "io/checks/check_engine.hpp"
#include "tests/io/support/until.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace reeve::io::test {

/// Runs a check once, and sees that its completion comes once and not inside `run`.
inline check_outcome run_check(loop& l, check& c) {
  std::optional<check_outcome> got;
  int calls = 0;
  c.run([&](check_outcome o) {
    got = std::move(o);
    ++calls;
  });
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(run_until(l, [&] { return calls > 0; }));
  EXPECT_EQ(calls, 1);
  return got.value_or(check_outcome{check_outcome::kind::cancelled, {}, "never answered", false});
}

/// Makes a check, runs it once and lets it go.
inline check_outcome run_check(loop& l, check_engine& engine, const check_spec& spec) {
  const auto c = engine.make(spec);
  return run_check(l, *c);
}

/// Destroys a check under way, after `meanwhile`, and sees that it tells of that at once and only
/// once.
inline void cancel_check(
  loop& l, std::unique_ptr<check> c, const std::function<void()>& meanwhile = [] {}) {
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

} // namespace reeve::io::test
