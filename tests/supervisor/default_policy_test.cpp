// What holds without a word in the config, against what others do without one.
#include "supervisor/play/tuning.hpp"
#include "supervisor/restarts/backoff.hpp"
#include "supervisor/text.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>

namespace reeve {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds before{10min};
constexpr auto a_day = 24h;

struct trouble {
  const char* name;
  milliseconds lasts; ///< 0: a restart cures it
  milliseconds duration{4h};
};

/// What the defaults are chosen for.
constexpr std::array<trouble, 7> troubles{{{"one crash", 0ms},
                                           {"10 s", 10s},
                                           {"1 m", 1min},
                                           {"5 m", 5min},
                                           {"10 m", 10min},
                                           {"15 m", 15min},
                                           {"60 m", 60min}}};
constexpr trouble never_works{"never works", 48h, before + a_day};

scenario played(const trouble& t, double spread = 0.5) {
  scenario s{.duration = t.duration, .failures = {{before, "a", false, t.lasts}}};
  s.outage_spread = spread;
  return s;
}

/// A process that the config says nothing more of.
daemon_spec by_default() {
  service_spec a;
  a.name = "a";
  a.restart.target = process_spec{{"./a"}};
  daemon_spec spec;
  spec.services = {a};
  spec.tree.name = "root";
  spec.tree.children = {"a"};
  spec.tree.intensity_is_written = false;
  return spec;
}

policy_score score(const std::function<tuning_run(std::uint64_t)>& play) {
  constexpr std::uint64_t seeds = 50; // as many as `reeve tune` plays
  std::vector<tuning_run> runs;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    runs.push_back(play(seed));
  return score_of(runs);
}

policy_score score_of_defaults(const trouble& t) {
  const auto spec = by_default();
  const auto choice = present_choice(spec, "a");
  return score([&](std::uint64_t seed) { return play_choice(choice, spec, played(t), "a", seed); });
}

policy_score score_of_peer(const peer_policy& peer, const trouble& t) {
  return score([&](std::uint64_t seed) { return play_peer(peer, played(t), "a", seed); });
}

TEST(the_defaults, are_beaten_by_no_peer_in_both_restarts_and_extra_downtime) {
  for (const auto& t : troubles) {
    const auto ours = score_of_defaults(t);
    for (const auto& peer : peer_policies()) {
      const auto theirs = score_of_peer(peer, t);
      EXPECT_FALSE(theirs.late_mean < ours.late_mean && theirs.restarts < ours.restarts)
        << peer.name << ", " << t.name << ": " << theirs.late_mean << " s and " << theirs.restarts
        << " restarts, ours " << ours.late_mean << " s and " << ours.restarts;
    }
  }
}

TEST(the_defaults, restart_the_first_time_within_a_second) {
  EXPECT_LE(delay({}, 1, 0.999'999), 1s);
  EXPECT_LE(score_of_defaults(troubles[0]).late_max, 1);
}

TEST(the_defaults, outlast_ten_minutes_and_come_back_a_minute_later) {
  const auto spec = by_default();
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto run =
      play_choice(present_choice(spec, "a"), spec, played({"", 10min}, 0), "a", seed);
    EXPECT_FALSE(run.gave_up_at);
    EXPECT_LE(run.late.longest, 72s) << "the longest wait and its jitter";
  }
}

TEST(the_defaults, give_up_what_never_works_within_a_quarter_of_an_hour_and_try_it_again) {
  using kind = simulation_event::kind;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<milliseconds> given_up;
    simulate(by_default(), played(never_works), seed, [&](const simulation_event& e) {
      if (e.what == kind::give_up)
        given_up.push_back(e.at - before);
    });
    ASSERT_GT(given_up.size(), 100U);
    EXPECT_GT(given_up[0], 10min);
    EXPECT_LE(given_up[0], 15min);
    for (std::size_t i = 1; i < given_up.size(); ++i)
      EXPECT_EQ(given_up[i] - given_up[i - 1], 2min) << "each careful try, that fails at once";
  }
}

TEST(the_defaults, cost_a_careful_try_and_no_more_when_an_hour_is_over) {
  EXPECT_LE(score_of_defaults(troubles[6]).late_max, 120);
}

// -- the table of docs/tune.md ---------------------------------------------------------

std::string number(double n) {
  char text[32];
  std::snprintf(text, sizeof text, n < 100 && std::abs(n - std::round(n)) > 0.05 ? "%.1f" : "%.0f",
                n);
  return text;
}

/// A peer that gives up does not come back at all.
std::string cell(const policy_score& s, bool is_peer) {
  const auto late = is_peer && s.gave_up > 0.5
                      ? std::string{"given up"}
                      : describe(milliseconds{std::llround(s.late_mean * 1e3)});
  return late + ", " + number(s.restarts);
}

std::string row(std::string_view name, const std::function<policy_score(const trouble&)>& scored,
                bool is_peer) {
  auto text = "| " + std::string{name} + " | ";
  for (const auto& t : troubles)
    text += cell(scored(t), is_peer) + " | ";
  return text + number(scored(never_works).restarts) + " |\n";
}

std::string table() {
  std::string text = "| |";
  for (const auto& t : troubles)
    text += " " + std::string{t.name} + " |";
  text += " never works |\n|---|";
  for (std::size_t i = 0; i <= troubles.size(); ++i)
    text += "---|";
  text += "\n";
  text += row("**Reeve's defaults**", score_of_defaults, false);
  for (const auto& peer : peer_policies())
    text += row(
      peer.name, [&](const trouble& t) { return score_of_peer(peer, t); }, true);
  return text;
}

TEST(the_defaults, cost_what_the_documentation_says) {
  std::ifstream in{tests::source_dir() + "/docs/tune.md"};
  const std::string document{std::istreambuf_iterator<char>{in}, {}};
  const auto expected = table();
  EXPECT_NE(document.find(expected), std::string::npos)
    << "docs/tune.md does not hold this table:\n"
    << expected;
}

} // namespace
} // namespace reeve
