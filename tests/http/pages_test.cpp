#include "tests/http/pages_fixture.hpp"

namespace reeve::http {

namespace {

using nlohmann::json;

wall_time seconds_in(int s) {
  return wall_time{std::chrono::seconds{1'769'850'000 + s}}; // after 2026-01-31T09:00:00Z
}

} // namespace

TEST_F(pages, metrics_are_prometheus_text) {
  serve();
  running_.call([&] { world_.metrics = "reeve_service_up{service=\"a\"} 1\n"; });
  const auto got = client{port_}.get("/metrics");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "reeve_service_up{service=\"a\"} 1\n");
  EXPECT_EQ(got.headers.at("content-type").rfind("text/plain; version=0.0.4", 0), 0U);
}

TEST_F(pages, long_metrics_come_whole_whatever_the_client_speaks) {
  serve();
  std::string text;
  while (text.size() < 1'000'000)
    text += "reeve_service_up{service=\"" + std::to_string(text.size()) + "\"} 1\n";
  running_.call([&] { world_.metrics = text; });
  client one{port_};
  EXPECT_EQ(one.get("/metrics").body, text);
  EXPECT_EQ(one.get("/livez").status, 200) << "the connection goes on";
  client old{port_};
  const auto all = old.send("GET /metrics HTTP/1.0\r\n\r\n").read_to_end();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), text);
  client head{port_};
  head.send("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.read(true).status, 200);
  EXPECT_EQ(head.get("/livez").status, 200);
}

TEST_F(pages, a_service_is_shown_whole) {
  serve();
  auto p = picture("backend", health::degraded, "slow");
  p.group = "app";
  p.description = "the backend";
  p.labels = {{"team", "core"}};
  p.supervision = supervision::waiting;
  p.next_restart = seconds_in(90);
  p.attempt = 2;
  p.restarts = 7;
  auto& c = p.checks.front();
  c.last_check = seconds_in(10);
  c.next_check = seconds_in(20);
  c.latency = std::chrono::microseconds{2'400'500};
  check_picture second = c;
  second.name = "redis";
  second.kind = "redis";
  second.role = "readiness";
  second.health = health::healthy;
  second.reason = "";
  second.last_check = seconds_in(12);
  second.next_check = seconds_in(15);
  second.latency = std::chrono::microseconds{1'000};
  p.checks.push_back(second);
  show({p});
  const auto expected = json::parse(R"({"name": "backend", "group": "app",
    "description": "the backend", "health": "degraded", "supervision": "waiting",
    "reason": "slow", "since": "2026-01-31T09:00:00Z", "last_check": "2026-01-31T09:00:12Z",
    "latency_ms": 1.0, "restarts": 7, "next_check": "2026-01-31T09:00:15Z",
    "next_restart": "2026-01-31T09:01:30Z", "attempt": 2, "labels": {"team": "core"},
    "checks": [
      {"name": "http", "kind": "http", "role": "liveness", "health": "degraded",
       "reason": "slow", "since": "2026-01-31T09:00:00Z", "last_check": "2026-01-31T09:00:10Z",
       "latency_ms": 2400.5, "next_check": "2026-01-31T09:00:20Z"},
      {"name": "redis", "kind": "redis", "role": "readiness", "health": "healthy",
       "reason": "", "since": "2026-01-31T09:00:00Z", "last_check": "2026-01-31T09:00:12Z",
       "latency_ms": 1.0, "next_check": "2026-01-31T09:00:15Z"}]})");
  EXPECT_EQ(get_json("/api/v1/services/backend"), expected);
  EXPECT_EQ(get_json("/api/v1/services"), json({{"services", {expected}}}));
}

TEST_F(pages, decisions_are_shown_with_their_numbers) {
  serve();
  auto p = picture("backend", health::unhealthy, "refused");
  show({p});
  EXPECT_EQ(get_json("/api/v1/services/backend/decisions"),
            json::parse(R"({"service": "backend", "decisions": []})"));
  const restart_record::entry outcome{
    seconds_in(5), restart_judged{"backend", restart_outcome::relapsed, std::chrono::seconds{3}}};
  p.record = std::make_shared<restart_record>(
    restart_record{{{seconds_in(1), decision{"backend",
                                             decision::kind::wait,
                                             "refused",
                                             "restart 1 of 5 in 10m",
                                             std::chrono::seconds{2},
                                             1,
                                             1,
                                             {5, std::chrono::minutes{10}}}},
                    outcome},
                   outcome});
  show({p});
  EXPECT_EQ(get_json("/api/v1/services/backend/decisions"), json::parse(R"({"service": "backend",
    "decisions": [
      {"at": "2026-01-31T09:00:01Z", "decision": "wait", "reason": "refused",
       "explanation": "refused; restart 1 of 5 in 10m", "delay_ms": 2000, "attempt": 1,
       "restarts_in_window": 1, "intensity": {"restarts": 5, "within_seconds": 600.0}},
      {"at": "2026-01-31T09:00:05Z", "decision": "outcome", "outcome": "relapsed",
       "after_ms": 3000, "explanation": "relapsed after 3 s"}]})"));
  EXPECT_EQ(get_json("/api/v1/services/backend")["last_outcome"], json::parse(R"(
    {"at": "2026-01-31T09:00:05Z", "outcome": "relapsed", "after_ms": 3000})"));
}

TEST_F(pages, a_service_without_times_shows_none) {
  serve();
  service_picture bare;
  bare.name = "new";
  bare.group = "root";
  show({bare});
  EXPECT_EQ(get_json("/api/v1/services/new"), json::parse(R"({"name": "new", "group": "root",
    "health": "starting", "supervision": "running", "reason": "", "restarts": 0, "attempt": 0,
    "labels": {}, "checks": []})"));
}

TEST_F(pages, the_list_follows_the_snapshot_and_keeps_its_order) {
  serve();
  std::vector<service_picture> many;
  for (int i = 0; i < 200; ++i)
    many.push_back(picture("s" + std::to_string(i), health::healthy));
  show(many);
  EXPECT_EQ(get_json("/api/v1/services")["services"].size(), 200U);
  auto changed = picture("s150", health::unhealthy, "refused");
  running_.call([&] {
    world_.now = std::make_shared<const snapshot>(
      world_.now->with(std::make_shared<const service_picture>(changed)));
  });
  auto said = get_json("/api/v1/services")["services"];
  EXPECT_EQ(said[150]["health"], "unhealthy");
  EXPECT_EQ(said[149]["health"], "healthy");
  running_.call([&] { world_.now = std::make_shared<const snapshot>(world_.now->without("s0")); });
  said = get_json("/api/v1/services")["services"];
  ASSERT_EQ(said.size(), 199U);
  EXPECT_EQ(said[0]["name"], "s1");
  EXPECT_EQ(said[149]["health"], "unhealthy");
}

TEST_F(pages, an_unknown_service_is_404_and_says_which_was_meant) {
  serve();
  show({picture("backend", health::healthy)});
  EXPECT_EQ(error_of("/api/v1/services/bakend", 404),
            "not_found: no service 'bakend'; did you mean 'backend'?");
  EXPECT_EQ(error_of("/api/v1/services/zzzzzzzzz", 404), "not_found: no service 'zzzzzzzzz'");
}

TEST_F(pages, the_tree_shows_groups_states_windows_and_actors) {
  serve();
  show({picture("web", health::healthy)});
  running_.call([&] {
    using window = window_view;
    group_view app{"app",
                   strategy::rest_for_one,
                   window{{3, std::chrono::minutes{5}}, 2},
                   {service_view{"web"}}};
    const service_view unseen{"unseen", window{{5, std::chrono::minutes{10}}, 1}};
    world_.tree.services = {"root", strategy::one_for_one, {}, {app, unseen}};
    world_.tree.actors = {"root", "rest_for_one", true, 0, {{"metrics", "", true, 1, {}}}};
  });
  EXPECT_EQ(get_json("/api/v1/tree"), json::parse(R"({
    "services": {"group": "root", "strategy": "one_for_one",
      "children": [
        {"group": "app", "strategy": "rest_for_one",
         "intensity": {"restarts": 3, "within_seconds": 300.0}, "restarts_in_window": 2,
         "children": [{"service": "web", "health": "healthy", "supervision": "running"}]},
        {"service": "unseen",
         "intensity": {"restarts": 5, "within_seconds": 600.0}, "restarts_in_window": 1}]},
    "actors": {"name": "root", "strategy": "rest_for_one", "respawns": 0,
      "children": [{"name": "metrics", "respawns": 1}]}})"));
}

TEST_F(pages, orders_are_given_and_answered) {
  serve();
  const std::vector<std::pair<std::string, order>> all{{"restart", order::restart},
                                                       {"stop", order::stop},
                                                       {"start", order::start},
                                                       {"pause", order::pause},
                                                       {"resume", order::resume}};
  for (const auto& [word, o] : all) {
    const auto got = client{port_}.post("/api/v1/services/backend/" + word);
    EXPECT_EQ(got.status, 202) << got.body;
    EXPECT_EQ(json::parse(got.body),
              json({{"service", "backend"}, {"order", word}, {"status", "accepted"}}));
    running_.call([&, o = o] {
      EXPECT_EQ(world_.orders.back(), (std::pair{std::string{"backend"}, o}));
    });
  }
}

TEST_F(pages, refused_orders_say_why) {
  serve();
  show({picture("backend", health::healthy)});
  running_.call([&] { world_.said = {order_answer::refused, "'backend' has no restart target"}; });
  auto got = client{port_}.post("/api/v1/services/backend/restart");
  EXPECT_EQ(got.status, 409);
  EXPECT_EQ(json::parse(got.body)["error"]["message"], "'backend' has no restart target");
  running_.call([&] { world_.said = {order_answer::no_such_service, ""}; });
  got = client{port_}.post("/api/v1/services/bakend/restart");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(json::parse(got.body)["error"]["message"],
            "no service 'bakend'; did you mean 'backend'?");
}

TEST_F(pages, the_guard_stands_before_the_orders) {
  serve();
  for (const auto* headers :
       {"Host: localhost\r\nOrigin: http://evil.example\r\n", "Host: evil.example\r\n"}) {
    EXPECT_EQ(client{port_}.post("/api/v1/services/backend/stop", headers).status, 403);
  }
  running_.call([&] { EXPECT_TRUE(world_.orders.empty()); });
  EXPECT_EQ(client{port_}.send("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n").read().status,
            200)
    << "reading is open";
}

TEST_F(pages, other_methods_are_refused_with_the_right_one) {
  serve();
  const auto ask = [&](const std::string& line) {
    return client{port_}.send(line + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").read();
  };
  auto got = ask("POST /health");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.headers["allow"], "GET, HEAD");
  got = ask("DELETE /api/v1/services/a");
  EXPECT_EQ(got.status, 405);
  got = ask("GET /api/v1/services/a/restart");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.headers["allow"], "POST");
  EXPECT_EQ(json::parse(got.body)["error"]["code"], "method_not_allowed");
  for (const auto* method : {"PUT", "PATCH", "OPTIONS"})
    EXPECT_EQ(ask(std::string{method} + " /livez").status, 405) << method;
  EXPECT_EQ(ask("PROPFIND /livez").status, 501);
}

TEST_F(pages, an_unknown_page_is_404_and_says_which_was_meant) {
  serve();
  EXPECT_EQ(error_of("/helth", 404),
            "not_found: there is no page '/helth'; did you mean '/health'?");
  EXPECT_EQ(error_of("/", 404).rfind("not_found: there is no page '/'; there are /", 0), 0U)
    << error_of("/", 404);
  EXPECT_EQ(error_of("/%00%ff\"x?q=1", 404).substr(0, 9), "not_found");
  EXPECT_EQ(error_of("/api/v1/services/a/b/c/d", 404).substr(0, 9), "not_found");
  EXPECT_EQ(error_of("/health/" + std::string(2000, 'a'), 404).substr(0, 9), "not_found");
}

TEST_F(pages, reasons_may_hold_any_bytes) {
  serve();
  show({picture("a", health::unhealthy, "said \"\xff\xfe\x01\n\\ \xc3\xa9\"")});
  const auto said = get_json("/health", 503);
  EXPECT_EQ(said["issues"][0]["reason"], "said \"\xef\xbf\xbd\xef\xbf\xbd\x01\n\\ \xc3\xa9\"");
  EXPECT_EQ(get_json("/api/v1/services/a")["reason"], said["issues"][0]["reason"]);
  EXPECT_EQ(get_json("/api/v1/services")["services"][0]["reason"], said["issues"][0]["reason"]);
}

TEST_F(pages, head_is_get_without_its_body) {
  serve();
  client one{port_};
  const auto got = one.send("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n").read(true);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.at("content-length"), "18");
  EXPECT_EQ(one.get("/livez").body.size(), 18U) << "nothing was left between";
}

TEST_F(pages, requests_are_told_by_their_route_and_never_by_their_path) {
  serve();
  show({picture("a", health::healthy)});
  client one{port_};
  one.get("/api/v1/services/a");
  one.get("/api/v1/services/nobody");
  one.get("/some/secret");
  one.get("/health/nowhere?x");
  one.post("/livez");
  one.send("BREW / HTTP/1.1\r\n\r\n").read();
  running_.call([&] {
    std::vector<std::string> told;
    for (const auto& t : world_.answered)
      told.push_back(t.method + " " + t.endpoint + " " + std::to_string(t.status));
    EXPECT_EQ(told, (std::vector<std::string>{"GET /api/v1/services/{name} 200",
                                              "GET /api/v1/services/{name} 404", "GET other 404",
                                              "GET /health/{group} 404", "POST /livez 405",
                                              "other other 400"}));
  });
}

TEST_F(pages, an_answer_that_comes_later_arrives) {
  serve();
  running_.call([&] { world_.hold = true; });
  client one{port_};
  client two{port_};
  one.send("GET /api/v1/tree HTTP/1.1\r\nHost: a\r\n\r\n");
  while (running_.call([&] { return world_.held.empty(); }))
    std::this_thread::yield();
  EXPECT_EQ(two.get("/livez").status, 200) << "others do not wait";
  running_.call([&] { world_.give_held(); });
  EXPECT_EQ(one.read().status, 200);
  EXPECT_EQ(one.get("/livez").status, 200) << "nothing came twice";
}

TEST_F(pages, an_answer_for_a_client_that_left_goes_nowhere) {
  serve();
  running_.call([&] { world_.hold = true; });
  {
    client one{port_};
    one.send("GET /api/v1/tree HTTP/1.1\r\nHost: a\r\n\r\n");
    while (running_.call([&] { return world_.held.empty(); }))
      std::this_thread::yield();
    one.reset();
  }
  client two{port_};
  EXPECT_EQ(two.get("/livez").status, 200);
  running_.call([&] { world_.give_held(); });
  EXPECT_EQ(two.get("/livez").status, 200);
}

TEST_F(pages, the_server_may_end_while_clients_wait) {
  serve();
  running_.call([&] { world_.hold = true; });
  client waiting{port_};
  client for_tree{port_};
  client for_order{port_};
  client idle{port_};
  client half{port_};
  waiting.send("GET /api/v1/tree HTTP/1.1\r\nHost: a\r\n\r\n");
  for_tree.send("GET /api/v1/tree HTTP/1.1\r\nHost: a\r\n\r\n");
  for_order.send("POST /api/v1/services/a/stop HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Length: 0\r\n\r\n");
  half.send("GET /met");
  idle.get("/livez");
  while (running_.call([&] { return world_.held.size(); }) < 3)
    std::this_thread::yield();
  end_server();
  EXPECT_TRUE(waiting.hung_up());
  EXPECT_TRUE(idle.hung_up());
  running_.call([&] { world_.give_held(); });
  EXPECT_THROW(client{port_}, std::runtime_error);
}

} // namespace reeve::http
