#include "tests/supervisor/another_reeve.hpp"

namespace reeve {
namespace {

using namespace std::chrono_literals;

/// `db` is watched, and `web` needs it.
struct another_reeve_with_dependencies : another_reeve {
  void begin_with(service_spec web) {
    service_spec db;
    db.name = "db";
    db.checks.push_back({"tcp", tcp_check{"localhost", 1, "", "", {}}});
    web.depends_on = {"db"};
    begin({db, std::move(web)});
  }
  texts db_is(bool up) {
    return told(tree->health_is("db", incarnation("db"), up, up ? "" : "refused", now, 0.5));
  }
};

TEST_F(another_reeve_with_dependencies, holds_what_was_held_until_it_knows_better) {
  for (auto* make : {process, container}) {
    tree.reset();
    spec = {};
    begin_with(make("web", 1s));
    db_is(false);
    EXPECT_EQ(sick("web"), texts{"hold web"});
    EXPECT_EQ(is_born(1h), texts{});
    EXPECT_EQ(at("web").hold, held_by::dependency);
    EXPECT_EQ(at("web").reason, "broke; held: 'db' is starting");
    EXPECT_EQ(after(1h), texts{});
    EXPECT_EQ(db_is(false), texts{});
    EXPECT_EQ(is_born(1h), texts{}) << "and the third";
    EXPECT_EQ(at("web").restarts_in_window, 0);
    db_is(true);
    EXPECT_EQ(after(100ms), texts{make == process ? "start web" : "restart web"});
    started("web");
    EXPECT_EQ(at("web").restarts_in_window, 0) << "its dependency explained it";
    db_is(true);
    EXPECT_EQ(after(1h), texts{});
  }
}

TEST_F(another_reeve_with_dependencies, does_not_count_twice_what_was_counted_and_then_held) {
  begin_with(container("web", 1s));
  sick("web");
  db_is(false);
  EXPECT_EQ(after(1s), texts{"hold web"});
  EXPECT_EQ(is_born(), texts{});
  db_is(true);
  EXPECT_EQ(after(100ms), texts{"restart web"});
  EXPECT_EQ(at("web").restarts_in_window, 1);
}

TEST_F(another_reeve_with_dependencies, leaves_alone_what_was_held_and_is_well) {
  begin_with(container("web", 1s));
  db_is(false);
  sick("web");
  is_born();
  recovered("web");
  EXPECT_EQ(state("web"), supervision::running);
  db_is(true);
  EXPECT_EQ(after(1h), texts{});
}

TEST_F(another_reeve_with_dependencies, does_not_forget_a_careful_try_that_was_held) {
  spec.tree.intensity = {0, 60s};
  spec.tree.cooldown = 600s;
  begin_with(container("web", 1s));
  EXPECT_EQ(sick("web"), texts{"give_up web"});
  db_is(false);
  EXPECT_EQ(after(600s), texts{"hold web"});
  EXPECT_EQ(is_born(), texts{});
  db_is(true);
  EXPECT_EQ(after(100ms), texts{"restart web"});
  EXPECT_EQ(last.cause, restart_cause::cooldown);
}

TEST_F(another_reeve_with_dependencies, restarts_what_was_held_when_its_config_frees_it) {
  begin_with(container("web", 1s));
  db_is(false);
  sick("web");
  spec.services[1].depends_on.clear();
  is_born();
  EXPECT_EQ(after(1s), texts{"restart web"});
  EXPECT_EQ(at("web").restarts_in_window, 0);
}

TEST_F(another_reeve, does_not_forget_what_the_host_held_back) {
  spec.tree.intensity = {0, 60s};
  spec.tree.cooldown = 600s;
  begin({container("c", 1s)});
  sick("c");
  tree->pressure_is("memory", now);
  EXPECT_EQ(after(600s), texts{"hold c"});
  EXPECT_EQ(is_born(), texts{"restart c"}) << "there is no pressure any more";
  EXPECT_EQ(last.cause, restart_cause::cooldown);
}

} // namespace
} // namespace reeve
