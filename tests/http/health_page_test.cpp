#include "tests/http/pages_fixture.hpp"

namespace reeve::http {

namespace {

bool is_time(const std::string& text) {
  return text.size() == 20 && text[4] == '-' && text[10] == 'T' && text.back() == 'Z';
}

} // namespace

TEST_F(pages, livez_is_what_the_actors_say) {
  serve();
  EXPECT_EQ(get_json("/livez"), json({{"status", "alive"}}));
  running_.call([&] { world_.alive = false; });
  EXPECT_EQ(error_of("/livez", 503), "not_alive: the daemon's actors do not answer");
}

TEST_F(pages, livez_fails_when_the_actors_say_nothing) {
  front_limits limits;
  limits.answer_deadline = std::chrono::milliseconds{50};
  serve({}, limits);
  running_.call([&] { world_.alive.reset(); });
  EXPECT_EQ(error_of("/livez", 503), "no_answer: the daemon did not answer in time");
}

TEST_F(pages, readyz_waits_for_the_first_verdicts) {
  serve();
  EXPECT_EQ(get_json("/readyz"), json({{"status", "ready"}}));
  running_.call([&] { world_.ready = false; });
  EXPECT_EQ(error_of("/readyz", 503).substr(0, 9), "not_ready");
}

TEST_F(pages, health_shows_every_service_and_why) {
  serve();
  show({picture("postgres", health::healthy),
        picture("backend", health::degraded, "took 2.4 s, degraded over 2 s")});
  auto said = get_json("/health");
  EXPECT_TRUE(is_time(said["timestamp"].get<std::string>())) << said;
  said.erase("timestamp");
  EXPECT_EQ(said, json::parse(R"({"status": "degraded",
    "services": {"postgres": "healthy", "backend": "degraded"},
    "issues": [{"service": "backend", "check": "http", "state": "degraded",
                "reason": "took 2.4 s, degraded over 2 s", "since": "2026-01-31T09:00:00Z"}]})"));
}

TEST_F(pages, health_follows_the_snapshot) {
  serve();
  client one{port_};
  show({picture("a", health::healthy)});
  EXPECT_EQ(one.get("/health").status, 200);
  show({picture("a", health::unhealthy, "refused")});
  EXPECT_EQ(one.get("/health").status, 503);
  EXPECT_EQ(json::parse(one.get("/health").body)["status"], "unhealthy");
  show({picture("a", health::healthy)});
  EXPECT_EQ(one.get("/health").status, 200);
}

TEST_F(pages, health_answers_503_from_the_state_the_config_names) {
  server_spec strict;
  strict.fail_on = health::degraded;
  serve(strict);
  show({picture("a", health::degraded, "slow")});
  EXPECT_EQ(client{port_}.get("/health").status, 503);
  EXPECT_EQ(client{port_}.get("/health/root").status, 503);
}

TEST_F(pages, health_is_503_while_unknown_or_starting) {
  serve();
  for (auto h : {health::unknown, health::starting, health::unhealthy}) {
    show({picture("a", h)});
    EXPECT_EQ(client{port_}.get("/health").status, 503) << to_string(h);
  }
  running_.call([&] { world_.now = nullptr; });
  EXPECT_EQ(get_json("/health", 503)["status"], "starting") << "nothing is known yet";
}

TEST_F(pages, health_tells_a_given_up_service_though_its_checks_are_quiet) {
  serve();
  auto gone = picture("mailer", health::healthy, "5 restarts within 10m");
  gone.supervision = supervision::given_up;
  show({gone});
  const auto said = get_json("/health", 503);
  EXPECT_EQ(said["services"]["mailer"], "unhealthy");
  EXPECT_EQ(said["issues"], json::parse(R"([{"service": "mailer", "state": "unhealthy",
    "supervision": "given_up", "reason": "5 restarts within 10m",
    "since": "2026-01-31T09:00:00Z"}])"));
}

TEST_F(pages, health_is_not_spoilt_by_what_a_person_stopped) {
  serve();
  std::vector<service_picture> asked_for;
  for (auto s : {supervision::ended, supervision::paused, supervision::stopped}) {
    asked_for.push_back(picture("s" + std::to_string(static_cast<int>(s)), health::unhealthy));
    asked_for.back().supervision = s;
  }
  show(asked_for);
  const auto said = get_json("/health");
  EXPECT_EQ(said["status"], "healthy");
  EXPECT_EQ(said["issues"], json::array());
}

TEST_F(pages, health_of_a_group_is_that_of_its_members_and_its_groups) {
  serve();
  auto tree = std::make_shared<group_spec>();
  tree->name = "root";
  group_spec inner{.name = "inner", .children = {std::string{"c"}}};
  group_spec app{.name = "app", .children = {std::string{"b"}, inner}};
  tree->children = {std::string{"a"}, app};
  running_.call([&] { world_.groups = tree; });
  show({picture("a", health::unhealthy, "x"), picture("b", health::healthy),
        picture("c", health::degraded, "y")});
  EXPECT_EQ(get_json("/health/app")["services"], json({{"b", "healthy"}, {"c", "degraded"}}));
  EXPECT_EQ(get_json("/health/inner")["status"], "degraded");
  EXPECT_EQ(get_json("/health/root", 503)["status"], "unhealthy");
  EXPECT_EQ(error_of("/health/ap", 404), "not_found: no group 'ap'; did you mean 'app'?");
}

TEST_F(pages, health_of_a_group_needs_no_tree) {
  serve();
  auto b = picture("b", health::healthy);
  b.group = "app";
  show({picture("a", health::unhealthy, "x"), b});
  EXPECT_EQ(get_json("/health/app")["services"], json({{"b", "healthy"}}));
  EXPECT_EQ(error_of("/health/apo", 404), "not_found: no group 'apo'; did you mean 'app'?");
}

} // namespace reeve::http
