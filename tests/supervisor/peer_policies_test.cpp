#include "supervisor/play/peer_policies.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reeve {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const peer_policy& peer(const std::string& name) {
  const auto& all = peer_policies();
  return *std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
}

struct row {
  double restarts = 0;
  double late_mean = 0;
  double late_max = 0;
  int gave_up = 0;
  double gave_up_after = 0; ///< seconds, mean
};

/// A service that dies at once while its dependency is down: outages of 300 to 900 s, in steps of
/// one second; start time 0.
row row_of(const std::string& name) {
  constexpr int outages = 601;
  row made;
  for (int length = 300; length <= 900; ++length) {
    const scenario s{.duration = 2h, .failures = {{0s, "a", false, std::chrono::seconds{length}}}};
    const auto run = play_peer(peer(name), s, "a", static_cast<std::uint64_t>(length));
    made.restarts += static_cast<double>(run.restarts) / outages;
    made.late_mean += static_cast<double>(run.late.total.count()) / 1e3 / outages;
    made.late_max = std::max(made.late_max, static_cast<double>(run.late.longest.count()) / 1e3);
    made.gave_up += run.gave_up_at ? 1 : 0;
    made.gave_up_after += static_cast<double>(run.gave_up_at.value_or(0ms).count()) / 1e3 / outages;
  }
  return made;
}

void expect_never(const std::string& name, double restarts, double late_mean, double late_max) {
  SCOPED_TRACE(name);
  const auto is = row_of(name);
  EXPECT_EQ(is.gave_up, 0);
  EXPECT_NEAR(is.restarts, restarts, 0.06); // told with one digit
  EXPECT_NEAR(is.late_mean, late_mean, 0.6);
  EXPECT_NEAR(is.late_max, late_max, 0.5);
}

void expect_always(const std::string& name, double restarts, double after, double about) {
  SCOPED_TRACE(name);
  const auto is = row_of(name);
  EXPECT_EQ(is.gave_up, 601);
  EXPECT_NEAR(is.restarts, restarts, 1e-9);
  EXPECT_NEAR(is.gave_up_after, after, about);
}

TEST(peer_policies, that_never_give_up_pay_with_restarts_or_downtime) {
  expect_never("Docker, restart always", 18.8, 30, 59);
  expect_never("kubelet", 7.5, 149, 299);
  expect_never("kubelet, 1 s to 60 s", 16.4, 30, 59);
  expect_never("systemd, 5 steps to 60 s", 15.1, 30, 59);
  expect_never("pm2, from 100 ms", 50.9, 8, 15);
  expect_never("s6", 600, 0, 0);
}

TEST(peer_policies, that_give_up_do_so_within_a_minute) {
  expect_always("systemd", 4, 0.4, 1e-9);
  expect_always("Supervisord", 3, 6, 1e-9);
  expect_always("Nomad, service", 2, 34, 0.5);
  expect_always("OTP, 1 in 5 s", 1, 0, 1e-9);
}

/// The waits between deaths of runs that each lived for `lived`, and a last long one.
std::vector<milliseconds> waits(const std::string& name, milliseconds lived, int deaths,
                                milliseconds last_lived) {
  peer_memory memory;
  std::vector<milliseconds> all;
  milliseconds now{0};
  for (int i = 0; i <= deaths; ++i) {
    const auto run = i == deaths ? last_lived : lived;
    now += run;
    const auto wait = peer(name).decide(memory, {now, run, 0});
    all.push_back(wait.value_or(-1ms));
    now += wait.value_or(0ms);
  }
  return all;
}

TEST(peer_policies, begin_anew_after_a_run_that_was_long_enough) {
  using list = std::vector<milliseconds>;
  EXPECT_EQ(waits("Docker, restart always", 1s, 3, 10s), (list{100ms, 200ms, 400ms, 100ms}));
  EXPECT_EQ(waits("kubelet", 1s, 3, 599s), (list{0s, 10s, 20s, 40s}));
  EXPECT_EQ(waits("kubelet", 1s, 3, 600s), (list{0s, 10s, 20s, 0s}));
  EXPECT_EQ(waits("pm2, from 100 ms", 1s, 3, 31s), (list{100ms, 150ms, 225ms, 100ms}));
  EXPECT_EQ(waits("s6", 1s, 1, 2s), (list{1s, 0s}));
  EXPECT_EQ(waits("systemd, 5 steps to 60 s", 1h, 6, 24h),
            (list{100ms, 359ms, 1'292ms, 4'644ms, 16'692ms, 60s, 60s}));
  EXPECT_EQ(waits("Nomad, service", 16min, 2, 10min), (list{15s, 15s, 15s}));
}

TEST(peer_policies, count_a_recovery_from_the_moment_a_start_could_succeed) {
  const scenario s{.duration = 1h,
                   .failures = {{10min, "a", false, 5s}, {20min, "a"}, {30min, "b"}},
                   .start_time = {{"a", 2s}}};
  const auto run = play_peer(peer("s6"), s, "a", 1);
  EXPECT_EQ(run.restarts, 7U); // at once, 5 more while it is down or just back, and one at 20 min
  EXPECT_EQ(run.late.count, 2U);
  EXPECT_EQ(run.late.total, 4s);
}

TEST(peer_policies, what_was_given_up_is_late_until_the_end) {
  const scenario s{.duration = 1h, .failures = {{0s, "a", false, 10min}}};
  const auto run = play_peer(peer("systemd"), s, "a", 1);
  EXPECT_EQ(run.late.total, 50min);
}

} // namespace
} // namespace reeve
