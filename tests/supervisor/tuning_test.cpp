#include "supervisor/play/tuning.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reeve {
namespace {

using namespace std::chrono_literals;

daemon_spec two_in_a_group() {
  daemon_spec spec;
  for (const auto* name : {"a", "b"}) {
    service_spec s;
    s.name = name;
    s.restart.target = docker_target{name};
    s.restart.backoff.jitter = 0;
    spec.services.push_back(std::move(s));
  }
  group_spec group;
  group.name = "g";
  group.intensity = {3, 1min};
  group.children = {"b"};
  spec.tree.name = "root";
  spec.tree.children = {"a", group};
  return spec;
}

TEST(tuning, begins_with_what_the_config_says) {
  const auto spec = two_in_a_group();
  EXPECT_EQ(group_of(spec, "b").name, "g");
  EXPECT_EQ(present_choice(spec, "b"),
            (policy_choice{spec.services[1].restart.backoff, {3, 1min}, on_exhausted::give_up}));
}

TEST(tuning, compares_dozens_of_policies_each_once) {
  const auto present = present_choice(two_in_a_group(), "a");
  const auto grid = policy_grid(present);
  EXPECT_GE(grid.size(), 36U);
  for (std::size_t i = 0; i < grid.size(); ++i) {
    EXPECT_NE(grid[i], present);
    EXPECT_EQ(std::find(grid.begin(), grid.end(), grid[i]) - grid.begin(),
              static_cast<std::ptrdiff_t>(i));
  }
}

TEST(tuning, plays_a_choice_in_place_of_the_config_for_one_service_alone) {
  const scenario s{.failures = {{1min, "b", false, 100s}, {1min, "a", false, 100s}}};
  policy_choice choice{{false, 30s, 1, 30s, 0}, {5, 10min}, on_exhausted::give_up};
  const auto b = play_choice(choice, two_in_a_group(), s, "b", 1);
  EXPECT_EQ(b.restarts, 4U); // after 30, 60, 90 and 120 s
  EXPECT_EQ(b.late.total, 20s);
  EXPECT_FALSE(b.gave_up_at);
  choice.intensity.restarts = 2;
  EXPECT_EQ(play_choice(choice, two_in_a_group(), s, "b", 1).gave_up_at, 2min);
}

TEST(tuning, varies_the_window_that_holds_for_the_service) {
  auto spec = two_in_a_group();
  spec.tree.intensity_is_written = false;
  spec.services[0].restart.intensity = {7, 2min};
  auto choice = present_choice(spec, "a");
  EXPECT_EQ(choice.intensity, (intensity{7, 2min}));
  choice.intensity = {2, 1min};
  apply(choice, spec, "a");
  EXPECT_EQ(spec.services[0].restart.intensity, (intensity{2, 1min}));
  EXPECT_EQ(spec.tree.intensity, intensity{});
  apply(choice, spec, "b");
  EXPECT_EQ(group_of(spec, "b").intensity, (intensity{2, 1min}));
}

TEST(tuning, an_exhausted_root_counts_as_given_up) {
  const scenario s{.failures = {{1min, "a", false, 100s}}};
  const policy_choice choice{{.none = true}, {1, 10min}, on_exhausted::escalate};
  EXPECT_EQ(play_choice(choice, two_in_a_group(), s, "a", 1).gave_up_at, 1min);
}

TEST(tuning, scores_are_means_over_seeds) {
  const tuning_run one{{2, 6s, 5s}, 10, {}};
  const tuning_run other{{1, 9s, 9s}, 20, 3s};
  const auto score = score_of({one, other});
  EXPECT_DOUBLE_EQ(score.late_mean, 5);
  EXPECT_DOUBLE_EQ(score.late_max, 9);
  EXPECT_DOUBLE_EQ(score.restarts, 15);
  EXPECT_DOUBLE_EQ(score.failures, 1.5);
  EXPECT_DOUBLE_EQ(score.gave_up, 0.5);
}

policy_score costs(double late, double restarts, double gave_up = 0) {
  return {late, late, restarts, 1, gave_up};
}

TEST(tuning, the_front_is_what_nothing_else_beats) {
  EXPECT_EQ(pareto_front({costs(10, 10), costs(5, 20), costs(10, 11), costs(1, 1, 1), costs(10, 10),
                          costs(20, 9)}),
            (std::vector<bool>{true, true, false, true, false, true}));
}

TEST(tuning, the_best_gives_up_least_and_buys_nothing_dearly) {
  EXPECT_EQ(best_of({costs(0, 1, 0.5), costs(150, 8), costs(30, 10), costs(1, 600)}), 2U);
  EXPECT_EQ(best_of({costs(5, 5), costs(5, 5)}), 0U);
}

} // namespace
} // namespace reeve
