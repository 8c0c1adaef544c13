#pragma once

#include "io/check.hpp"
#include "tests/io/support/until.hpp"

#include <gtest/gtest.h>

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

} // namespace reeve::io::test
