// What a restart was good for, and what is told of it.
#include "tests/supervisor/dependency_fixture.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

// -- remedies and outcomes ----------------------------------------------------------

TEST_F(a_tree_with_dependencies, climbs_the_ladder_when_a_remedy_does_not_help) {
  auto web = container("web");
  web.restart.attempts = 2;
  web.restart.further = {{exec_target{{}, {}, {"recreate"}}, 1},
                         {exec_target{{}, {}, {"page"}}, 0}};
  begin({web});
  std::vector<std::size_t> remedies;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(sick("web"), texts{"restart web"});
    remedies.push_back(last.remedy);
    started("web");
  }
  EXPECT_EQ(remedies, (std::vector<std::size_t>{0, 0, 1, 2, 2}));
}

TEST_F(a_tree_with_dependencies, begins_at_the_foot_again_after_a_stable_run) {
  auto web = container("web");
  web.restart.attempts = 1;
  web.restart.further = {{exec_target{{}, {}, {"recreate"}}, 0}};
  begin({web});
  sick("web"), started("web");
  sick("web");
  EXPECT_EQ(last.remedy, 1U);
  started("web"), recovered("web");
  now += 1h;
  failed("web", true, false, now);
  EXPECT_EQ(last.remedy, 0U);
}

TEST_F(a_tree_with_dependencies, tells_what_became_of_each_restart) {
  begin({process("a")});
  failed("a"), started("a");
  now += 2s;
  recovered("a");
  EXPECT_EQ(outcomes(), texts{"a healthy after 2 s"});
  now += 3min;
  failed("a");
  EXPECT_EQ(outcomes(), texts{"a relapsed after 3m"});
  started("a");
  failed("a");
  EXPECT_EQ(outcomes(), texts{"a no effect"});
  start_failed("a");
  EXPECT_EQ(outcomes(), texts{"a no effect"});
}

TEST_F(a_tree_with_dependencies, a_failure_long_after_is_no_relapse) {
  begin({process("a")});
  failed("a"), started("a"), recovered("a");
  outcomes();
  now += 11min;
  failed("a");
  EXPECT_EQ(outcomes(), texts{});
}

// -- explanations --------------------------------------------------------------------

TEST_F(a_tree_with_dependencies, explains_a_wait_with_its_numbers) {
  begin({process("a", 1s)});
  failed("a"), after(1s), started("a");
  decisions();
  tree->failed("a", incarnation("a"), {"exited with code 1"}, now, 0);
  const auto told = decisions();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].what, decision::kind::wait);
  EXPECT_EQ(told[0].reason, "exited with code 1");
  EXPECT_EQ(told[0].numbers, "restart 2 of 5 in 10m in group 'root'; delay 2 s = 1 s x 2^1");
}

TEST_F(a_tree_with_dependencies, explains_what_is_held_and_what_woke_it) {
  begin({watched("db"), needing(process("web", 1s), {"db"})});
  is_down("db");
  failed("web");
  is_up("db");
  after(100ms);
  const auto told = decisions();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].what, decision::kind::hold);
  EXPECT_EQ(told[0].numbers, "held: 'db' is unhealthy: refused");
  EXPECT_EQ(told[1].what, decision::kind::wake);
  EXPECT_EQ(told[1].numbers, "what it depends on is back: delay 12 ms");
  EXPECT_EQ(told[2].what, decision::kind::restart);
}

TEST_F(a_tree_with_dependencies, explains_a_backoff_cut_short) {
  begin({watched("db"), needing(process("web", 1min), {"db"})});
  failed("web");
  is_down("db");
  is_up("db");
  EXPECT_EQ(decisions().back().numbers, "what it depends on is back: delay 12 ms");
}

TEST_F(a_tree_with_dependencies, explains_giving_up) {
  spec.tree.intensity.restarts = 1;
  begin({process("a")});
  failed("a"), started("a"), failed("a");
  const auto told = decisions();
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().what, decision::kind::give_up);
  EXPECT_EQ(told.back().reason, "broke; more than 1 restart within 10m in group 'root'");
  EXPECT_EQ(told.back().numbers, "one careful try in 10m");
}

} // namespace
} // namespace reeve
