#include "supervisor/checks/file_rule.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace reeve {

namespace {

using enum check_result;
using age = std::optional<std::chrono::milliseconds>;

const error missing{"no JSON file '/x'"};

/// One field is asked for, and what the file told of it is not what is expected.
reply told(age how_old) {
  reply r;
  r.fields = {"broken"};
  r.age = how_old;
  r.age_of = "file was last written";
  return r;
}

check_verdict judged(const limits& allowed, const result<reply>& found,
                     std::chrono::milliseconds run_for) {
  expectation expected;
  expected.age = allowed;
  expected.fields = {{"status", parse_comparison("ready")}};
  return evaluate_file(expected, found, run_for);
}

} // namespace

TEST(file_rule, holds_a_file_against_the_process_that_wrote_it_alone) {
  const auto broken = "status is 'broken', expected ready";
  const limits none;
  const limits strict{std::nullopt, 30s};
  const limits gentle{10s, std::nullopt};
  const limits both{10s, 30s};
  struct row {
    const char* what;
    limits allowed;
    result<reply> found;
    std::chrono::milliseconds run_for;
    check_verdict verdict;
  };
  const std::vector<row> rows{
    {"its own", strict, told(1s), 20s, {failed, broken}},
    {"of the moment of the start", strict, told(20s), 20s, {failed, broken}},
    {"of no age", strict, told(std::nullopt), 20s, {failed, broken}},
    {"old, process young", strict, told(1h), 20s, {}},
    {"old, process just young", strict, told(1h), 30s, {}},
    {"old, process not young", strict, told(1h), 31s, {failed, broken}},
    {"old, no age asked for", none, told(1h), 20s, {failed, broken}},
    {"old, young by the lesser limit", gentle, told(1h), 10s, {}},
    {"old, young but not that young",
     both,
     told(1h),
     20s,
     {degraded, "file was last written 20 s ago, degraded over 10 s"}},
    {"missing, process young", strict, missing, 30s, {}},
    {"missing, process not young", strict, missing, 31s, {failed, missing.sentence}},
    {"missing, no age asked for", none, missing, 1s, {failed, missing.sentence}},
    {"missing, young by the lesser limit", gentle, missing, 10s, {}},
    {"missing, young but not that young",
     both,
     missing,
     20s,
     {degraded, "no JSON file '/x', and the service started 20 s ago, degraded over 10 s"}},
  };
  for (const auto& r : rows)
    EXPECT_EQ(judged(r.allowed, r.found, r.run_for), r.verdict) << r.what;
}

TEST(file_rule, takes_the_start_for_the_age_of_an_old_file) {
  auto old = told(1h);
  old.fields = {"ready"};
  EXPECT_EQ(judged({10s, 30s}, old, 31s),
            (check_verdict{failed, "file was last written 31 s ago, unhealthy over 30 s"}));
}

} // namespace reeve
