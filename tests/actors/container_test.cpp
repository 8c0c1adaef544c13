// Containers whose engine ends or is away, that are not there, and that a person paused.
#include "tests/actors/support/daemon_fixture.hpp"

namespace reeve::actors::test {
namespace {

using fact = io::container_fact::kind;

class container : public daemon_fixture {
protected:
  static service_spec probed(const std::string& name) {
    auto service = container_service(name);
    service.checks = {http_spec(name)};
    return service;
  }

  void start_healthy(const std::vector<service_spec>& services) {
    for (const auto& s : services) {
      world_.containers[s.name] = {fact::running, ""};
      world_.answers("http://" + s.name, 200);
    }
    start(daemon_of(services));
    advance(10s);
    for (const auto& s : services)
      ASSERT_EQ(health_of(s.name), health::healthy) << s.name;
  }

  /// As an engine tells that had ended, with all that it ran.
  void engine_ended(const std::string& name) {
    io::container_fact f{fact::failed, "was stopped with Docker itself, exited with code 0"};
    f.with_engine = true;
    world_.tells(name, f);
    run();
  }

  void runs_anew(const std::string& name) {
    io::container_fact f{fact::running, ""};
    f.restart_policy = "always";
    f.started_at = wall_time{++newest_run_ * 1s};
    world_.tells(name, f);
    run();
  }

  void runs_when_started() {
    world_.ordered = [this](io::operation, const service_spec& s) {
      world_.containers[s.name] = {fact::running, ""};
    };
  }

private:
  int newest_run_ = 0;
};

TEST_F(container, that_ended_with_its_engine_is_started_and_nothing_is_counted) {
  std::vector<service_spec> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(container_service("c" + std::to_string(i)));
  start_healthy(all);
  for (const auto& s : all)
    container_tells(s.name, fact::unreachable, "nothing answers");
  runs_when_started();
  for (const auto& s : all) {
    EXPECT_EQ(health_of(s.name), health::unknown);
    engine_ended(s.name);
  }
  advance(1s);
  EXPECT_EQ(world_.operations.size(), 8U);
  for (const auto& s : all) {
    EXPECT_EQ(supervision_of(s.name), supervision::running);
    EXPECT_EQ(health_of(s.name), health::healthy);
    EXPECT_EQ(picture(s.name)->attempt, 0);
  }
}

TEST_F(container, that_cannot_be_restarted_without_its_engine_waits_for_it) {
  start_healthy({container_service("db")});
  world_.failing["db"] = "nothing answers at /docker.sock: start Docker";
  world_.not_to_blame["db"] = blame::engine;
  world_.ordered = [this](io::operation, const service_spec&) {
    world_.containers["db"] = {fact::unreachable, world_.failing["db"]};
  };
  container_tells("db", fact::failed, "exited with code 1");
  container_tells("db", fact::unreachable, "nothing answers at /docker.sock: start Docker");
  advance(1h);
  EXPECT_EQ(supervision_of("db"), supervision::waiting);
  EXPECT_EQ(world_.operations.size(), 0U) << "it is known not to answer";
  EXPECT_EQ(picture("db")->reason,
            "exited with code 1; held: nothing answers at /docker.sock: start Docker");
  container_tells("db", fact::failed, "exited with code 1");
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"start db"});
  advance(1h);
  EXPECT_EQ(world_.operations, strings{"start db"}) << "the engine was gone again";
  EXPECT_EQ(picture("db")->attempt, 1);
  world_.failing.clear();
  runs_when_started();
  container_tells("db", fact::at_rest, "is down by Reeve's own doing");
  advance(1s);
  EXPECT_EQ(world_.operations, (strings{"start db", "start db"}));
  EXPECT_EQ(supervision_of("db"), supervision::running);
}

TEST_F(container, that_does_not_exist_is_waited_for) {
  start_healthy({container_service("db")});
  world_.failing["db"] = "no such container";
  container_tells("db", fact::removed, "there is no container 'db'");
  advance(1h);
  EXPECT_EQ(supervision_of("db"), supervision::waiting);
  EXPECT_EQ(health_of("db"), health::unhealthy);
  EXPECT_EQ(picture("db")->reason, "there is no container 'db'; held: until there is one");
  EXPECT_TRUE(world_.operations.empty());
  container_tells("db", fact::running, "");
  EXPECT_EQ(supervision_of("db"), supervision::running);
  EXPECT_EQ(health_of("db"), health::healthy);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(container, that_its_engine_restarted_begins_anew_whatever_was_found_meanwhile) {
  start_healthy({probed("db")});
  runs_anew("db");
  container_tells("db", fact::unreachable, "nothing answers");
  world_.answers("http://db", 503);
  advance(1min);
  EXPECT_EQ(health_of("db"), health::unhealthy) << "the check says so";
  EXPECT_TRUE(world_.operations.empty());
  runs_anew("db");
  EXPECT_EQ(health_of("db"), health::starting);
  world_.answers("http://db", 200);
  advance(5s);
  EXPECT_EQ(health_of("db"), health::healthy);
  EXPECT_TRUE(world_.operations.empty());
  const auto record = picture("db")->record;
  ASSERT_TRUE(record && !record->newest.empty());
  EXPECT_EQ(std::get<decision>(record->newest.back().what).reason, "restarted by Docker itself");
}

TEST_F(container, that_is_paused_is_never_healthy_and_never_restarted) {
  start_healthy({probed("db"), container_service("web")});
  world_.hangs("http://db");
  for (const auto* name : {"db", "web"}) {
    container_tells(name, fact::paused, "paused by a person, in Docker");
    EXPECT_EQ(supervision_of(name), supervision::paused);
    EXPECT_EQ(health_of(name), health::unknown);
    EXPECT_EQ(picture(name)->reason, "paused by a person, in Docker");
  }
  const auto runs = world_.runs["http://db"];
  advance(1h);
  EXPECT_EQ(world_.runs["http://db"], runs) << "there is nothing to ask";
  EXPECT_TRUE(world_.operations.empty());
  EXPECT_EQ(daemon_->snapshot()->find("db")->supervision, supervision::paused);
  world_.hanging.clear();
  for (const auto* name : {"db", "web"})
    container_tells(name, fact::running, "");
  advance(5s);
  for (const auto* name : {"db", "web"}) {
    EXPECT_EQ(supervision_of(name), supervision::running);
    EXPECT_EQ(health_of(name), health::healthy);
  }
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(container, that_was_paused_before_reeve_began_is_paused) {
  world_.containers["db"] = {fact::paused, "paused by a person, in Docker"};
  start(daemon_of({probed("db")}));
  advance(1h);
  EXPECT_EQ(supervision_of("db"), supervision::paused);
  EXPECT_EQ(world_.runs["http://db"], 0);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(container, that_is_paused_stays_so_over_reloads_and_deaths_of_its_probe) {
  start_healthy({probed("db")});
  container_tells("db", fact::paused, "paused by a person, in Docker");
  auto changed = probed("db");
  changed.checks[0].interval = 20s;
  world_.answers("http://web", 200);
  daemon_->reload(std::make_shared<const daemon_spec>(daemon_of({changed, probed("web")})));
  run();
  EXPECT_EQ(supervision_of("db"), supervision::paused);
  kill("probe/db");
  advance(1h);
  EXPECT_EQ(supervision_of("db"), supervision::paused);
  EXPECT_EQ(health_of("db"), health::unknown);
  EXPECT_TRUE(world_.operations.empty());
}

TEST_F(container, that_was_unpaused_while_no_reeve_ran_is_watched_again) {
  start_healthy({container_service("db")});
  container_tells("db", fact::paused, "paused by a person, in Docker");
  const auto left = kill_reeve();
  world_.containers["db"] = {fact::running, ""};
  start(daemon_of({container_service("db")}), left);
  runs_when_started();
  EXPECT_EQ(supervision_of("db"), supervision::running);
  container_tells("db", fact::failed, "exited with code 1");
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"start db"});
}

TEST_F(container, that_is_killed_or_made_anew_while_paused_is_as_any_other) {
  start_healthy({container_service("db"), container_service("web")});
  for (const auto* name : {"db", "web"})
    container_tells(name, fact::paused, "paused by a person, in Docker");
  runs_when_started();
  container_tells("db", fact::failed, "exited with code 137 (docker kill)");
  advance(1s);
  EXPECT_EQ(world_.operations, strings{"start db"});
  container_tells("web", fact::removed, "there is no container 'web'");
  EXPECT_EQ(supervision_of("web"), supervision::waiting);
  container_tells("web", fact::running, "");
  EXPECT_EQ(supervision_of("web"), supervision::running);
}

} // namespace
} // namespace reeve::actors::test
