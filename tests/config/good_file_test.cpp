#include "config/duration.hpp"
#include "tests/config/fixture.hpp"
#include "tests/support/places.hpp"

#include <csignal>

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

constexpr auto none = std::nullopt;

class every_key : public testing::Test {
protected:
  static loaded load() {
    auto result = load_file(folder / "every_key.yaml", environment_of({}));
    if (const auto* problems = std::get_if<1>(&result))
      ADD_FAILURE() << lines(*problems);
    return std::get<0>(result);
  }

  const daemon_spec spec_ = load().spec;

  const service_spec& service(std::size_t index) const {
    return spec_.services.at(index);
  }
};

check_spec by_default(std::string name, check_target target) {
  return {std::move(name), std::move(target), role::liveness, 20s, 4s, 2, 3, 15s, {}, 3s};
}

TEST_F(every_key, of_the_daemon_arrives) {
  EXPECT_EQ(spec_.server, (server_spec{{{"::1", 9000, ""}, {"", 0, "/run/reeve.sock"}},
                                       health::degraded,
                                       "/etc/reeve/token",
                                       order_access::token}));
  EXPECT_EQ(spec_.docker, (docker_spec{"/run/docker.sock"}));
  EXPECT_EQ(spec_.metrics_prefix, "watch_2");
}

TEST_F(every_key, of_the_host_arrives) {
  EXPECT_EQ(spec_.budget, (budget_spec{3, 20}));
  EXPECT_EQ(spec_.hold, (pressure_limits{80, 40.5, 60}));
}

TEST(config, reads_a_ladder_of_remedies) {
  const auto spec = good(R"(
services:
  web:
    restart:
      - {docker: web, attempts: 2, type: transient, backoff: none}
      - docker://web-spare
      - {exec: [./call-for-help, web]}
)")
                      .spec;
  const auto& web = spec.services[0].restart;
  EXPECT_EQ(web.target, restart_target{docker_target{"web"}});
  EXPECT_EQ(web.attempts, 2);
  EXPECT_EQ(web.type, restart_type::transient);
  EXPECT_EQ(web.further,
            (std::vector<remedy>{{docker_target{"web-spare"}, 1},
                                 {exec_target{{}, {}, {"./call-for-help", "web"}}, 1}}));
}

TEST_F(every_key, services_come_in_file_order) {
  std::vector<std::string> names;
  for (const auto& s : spec_.services)
    names.push_back(s.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"postgres", "backend", "mailer", "cron", "queue", "stores"}));
}

TEST_F(every_key, short_forms_are_long_forms) {
  service_spec expected;
  expected.name = "postgres";
  expected.checks = {by_default("tcp", tcp_check{"localhost", 5432})};
  expected.restart = {docker_target{"jarvis_postgres"},
                      restart_type::transient,
                      {false, 2s, 1.5, 1min, 0},
                      10min,
                      30s};
  EXPECT_EQ(service(0), expected);
}

TEST_F(every_key, of_a_service_arrives) {
  const auto& s = service(1);
  EXPECT_EQ(s.description, "the API");
  EXPECT_EQ(s.labels, (std::map<std::string, std::string>{{"team", "core"}, {"x-tier", "2"}}));
  EXPECT_EQ(s.depends_on, (std::vector<std::string>{"postgres"}));
  EXPECT_EQ(s.restart, (restart_spec{docker_target{"jarvis_backend"}, restart_type::temporary,
                                     backoff_policy{.none = true}, 10min, 20s}));
}

TEST_F(every_key, of_an_http_check_arrives) {
  check_spec expected{
    "http",
    http_check{"https://user:word@backend.example:8443/health?deep=1",
               "POST",
               {{"Accept", "application/json"}, {"x-key", "secret"}, {"Empty", ""}},
               "{}",
               3,
               {false, "/ca.pem", "/c.pem", "/k.pem", "app.example"}},
    role::readiness,
    90s,
    10s,
    5,
    4,
    2h,
    {},
    20s};
  expected.expect.status = {{200, 299}, {304, 304}};
  expected.expect.latency = {250ms, 2s};
  expected.expect.contains = "ok";
  expected.expect.matches = "^..$";
  expected.expect.fields = {{"status", {comparator::equal, "healthy"}},
                            {"checks.db.lag", {comparator::less, "600"}},
                            {"up", {comparator::equal, "true"}},
                            {"x-y", {comparator::not_equal, "0"}}};
  expected.expect.certificate_left = {14 * 24h, 3 * 24h};
  expected.expect.headers = {{"Content-Type", {comparator::equal, "application/json"}},
                             {"x-age", {comparator::less, "60"}}};
  EXPECT_EQ(service(1).checks.at(0), expected);
}

TEST_F(every_key, of_the_other_checks_arrives) {
  const auto& checks = service(1).checks;
  ASSERT_EQ(checks.size(), 8u);

  auto merged = by_default("http-2", http_check{"http://backend.example/"});
  merged.interval = 2s;
  merged.timeout = 1s;
  merged.retry = 2s; // an inherited one is shortened
  merged.expect.status = {{200, 299}};
  EXPECT_EQ(checks[1], merged);

  auto exec = by_default("exec", exec_check{{"pg_isready", "-q", ""}});
  exec.expect.latency = {none, 3s};
  EXPECT_EQ(checks[2], exec);
  EXPECT_EQ(checks[3], by_default("exec-2", exec_check{{"true"}}));

  auto heartbeat = by_default("heartbeat", heartbeat_check{"/tmp/beat"});
  heartbeat.healthy_after = 1;
  heartbeat.expect.age = {60s, 120s};
  EXPECT_EQ(checks[4], heartbeat);

  auto docker = by_default("docker", docker_check{"jarvis_backend"});
  docker.healthy_after = 1;
  EXPECT_EQ(checks[5], docker);
  docker.name = "docker-2";
  EXPECT_EQ(checks[6], docker);
  EXPECT_EQ(checks[7], by_default("tcp", tcp_check{"::1", 80}));
}

TEST_F(every_key, of_a_tcp_check_arrives) {
  const auto& checks = service(5).checks;
  ASSERT_EQ(checks.size(), 9u);
  auto http = by_default("http", http_check{.url = "https://app.example/health",
                                            .unix_socket = "/run/app.sock",
                                            .connection = connection_use::kept});
  http.expect.status = {{200, 299}};
  EXPECT_EQ(checks[0], http);

  auto tcp = by_default("tcp", tcp_check{.unix_socket = "/run/mail.sock",
                                         .send = "EHLO a\r\n",
                                         .tls = tls_options{false, "/ca.pem", "/c.pem", "/k.pem"}});
  tcp.expect = {.latency = {1s, none},
                .contains = "220",
                .matches = "^220",
                .certificate_left = {14 * 24h, none}};
  EXPECT_EQ(checks[1], tcp);

  auto ping = by_default("tcp-2", tcp_check{"cache", 6379, "", "PING", tls_options{}});
  ping.expect.contains = "PONG";
  EXPECT_EQ(checks[2], ping);
}

TEST_F(every_key, of_the_databases_arrives) {
  const auto& checks = service(5).checks;
  auto postgres =
    by_default("postgres", postgres_check{"postgresql://app@db:5432/app?sslmode=require", "/run/pw",
                                          "SELECT lag()", connection_use::fresh});
  postgres.expect.fields = {{"value", {comparator::less, "600"}},
                            {"rows", {comparator::greater_equal, "1"}}};
  postgres.expect.latency.degraded = 1s;
  EXPECT_EQ(checks[3], postgres);

  auto redis = by_default("redis", redis_check{.host = "cache",
                                               .port = 6380,
                                               .user = "me",
                                               .password_file = "/run/pw",
                                               .database = 2,
                                               .connection = connection_use::fresh});
  redis.role = role::readiness;
  redis.expect.fields = {{"role", {comparator::equal, "master"}},
                         {"used_memory", {comparator::less, "100000000"}}};
  redis.expect.latency.degraded = 1s;
  EXPECT_EQ(checks[4], redis);
}

TEST_F(every_key, of_dns_icmp_json_and_push_arrives) {
  const auto& checks = service(5).checks;
  auto dns = by_default("dns", dns_check{"example.org", dns_record::mx, "10.0.0.53", 5353});
  dns.role = role::readiness;
  dns.expect.answers = {"10 mail.example.org", "20 mail2.example.org"};
  dns.expect.answers_exactly = true;
  dns.expect.latency.degraded = 1s;
  EXPECT_EQ(checks[5], dns);

  auto icmp = by_default("icmp", icmp_check{"router"});
  icmp.role = role::readiness;
  icmp.expect.latency.degraded = 1s;
  EXPECT_EQ(checks[6], icmp);

  auto json = by_default("json", json_check{"/run/state.json"});
  json.role = role::readiness;
  json.expect.age = {60s, 120s};
  json.expect.fields = {{"json", {comparator::equal, "done"}},
                        {"consecutive_failures", {comparator::less, "5"}}};
  EXPECT_EQ(checks[7], json);

  auto push = by_default("push", push_check{"0123456789abcdef", 1h, 5min, 2h});
  push.healthy_after = 1;
  EXPECT_EQ(checks[8], push);
}

TEST_F(every_key, of_a_process_arrives) {
  const process_spec expected{
    {"./mailer", "--queue", "main"}, "/srv", {{"LANG", "C"}, {"EMPTY", ""}}, SIGINT, "mail", 90s};
  restart_spec restart{expected, restart_type::permanent, {false, 2s, 1.5, 2min, 0}, 15s, 30s};
  restart.clean_exit = clean_exit::uncounted;
  EXPECT_EQ(service(2).restart, restart);
}

TEST_F(every_key, of_an_exec_target_arrives) {
  EXPECT_EQ(service(3).restart.target,
            (restart_target{exec_target{{}, {}, {"restart-cron", "now"}}}));
  EXPECT_EQ(service(4).restart.target,
            (restart_target{exec_target{{"up"}, {"down"}, {"again", "$HOME"}}}));
  EXPECT_EQ(service(4).restart.intensity, (intensity{1, 2min}));
}

TEST_F(every_key, of_the_tree_arrives) {
  const group_spec inner{.name = "inner",
                         .on_exhausted = on_exhausted::escalate,
                         .children = {"queue"},
                         .intensity_is_written = false};
  const group_spec app{"app", strategy::rest_for_one,  {0, 5min},         on_exhausted::escalate,
                       1min,  restart_type::temporary, {"backend", inner}};
  const group_spec root{"root",
                        strategy::one_for_all,
                        {7, 1h},
                        on_exhausted::escalate,
                        0ms,
                        restart_type::permanent,
                        {"postgres", app, "mailer", "cron", "stores"}};
  EXPECT_EQ(spec_.tree, root);
}

TEST_F(every_key, is_no_reason_for_a_warning) {
  EXPECT_EQ(lines(load().warnings), "");
}

TEST(defaults, are_those_of_the_specs) {
  daemon_spec expected;
  service_spec web;
  web.name = "web";
  web.checks = {{.name = "tcp", .target = tcp_check{"localhost", 80}}};
  expected.services = {web};
  expected.tree.name = "root";
  expected.tree.children = {"web"};
  expected.tree.intensity_is_written = false;
  EXPECT_EQ(good("services: {web: {check: tcp://localhost:80}}").spec, expected);
}

TEST(defaults, of_an_http_check_want_a_good_status) {
  EXPECT_EQ(check("http://localhost/").expect.status, (std::vector{status_range{200, 299}}));
}

TEST(defaults, are_overridden_key_by_key) {
  const auto made = service("defaults: {check: {interval: 10s, healthy_after: 2}, "
                            "restart: {backoff: {initial: 3s, max: 9s}}}\n"
                            "services: {web: {check: {tcp: tcp://a:1, interval: 20s}, "
                            "restart: {docker: a, backoff: {max: 4s}}}}");
  EXPECT_EQ(made.checks.at(0).interval, 20s);
  EXPECT_EQ(made.checks.at(0).healthy_after, 2);
  EXPECT_EQ(made.restart.backoff, (backoff_policy{false, 3s, 2.5, 4s, 0.2}));
}

TEST(defaults, give_their_intensity_to_services_and_groups_that_have_none) {
  const auto made = good("defaults: {restart: {intensity: {restarts: 9, within: 1h}}}\n"
                         "services: {a: {restart: docker://a}, b: {restart: {docker: b, intensity: "
                         "{within: 2h}}}}\n"
                         "tree: {children: [{group: g, strategy: one_for_all, children: [a]}, "
                         "{group: h, intensity: {restarts: 1}, children: [b]}]}")
                      .spec;
  EXPECT_EQ(made.services[0].restart.intensity, (intensity{9, 1h}));
  EXPECT_EQ(made.services[1].restart.intensity, (intensity{9, 2h}));
  EXPECT_EQ(std::get<group_spec>(made.tree.children[0]).intensity, (intensity{9, 1h}));
  EXPECT_FALSE(std::get<group_spec>(made.tree.children[0]).intensity_is_written);
  EXPECT_EQ(std::get<group_spec>(made.tree.children[1]).intensity, (intensity{1, 1h}));
  EXPECT_TRUE(std::get<group_spec>(made.tree.children[1]).intensity_is_written);
}

TEST(defaults, that_say_backoff_none_are_overridden_by_any_backoff) {
  const auto made = service("defaults: {restart: {backoff: none}}\n"
                            "services: {web: {restart: {docker: a, backoff: {initial: 4s}}}}");
  EXPECT_EQ(made.restart.backoff, (backoff_policy{.initial = 4s}));
}

TEST(defaults, leave_their_timeout_alone_for_services_with_longer_intervals) {
  const auto made =
    good("defaults: {check: {interval: 2s}}\n"
         "services: {a: {check: tcp://a:1}, b: {check: {tcp: tcp://a:1, interval: 9s}}}");
  EXPECT_EQ(made.spec.services.at(0).checks.at(0).timeout, 2s) << "shortened to the interval";
  EXPECT_EQ(made.spec.services.at(1).checks.at(0).timeout, 5s);
}

TEST(defaults, leave_their_retry_alone_for_services_with_longer_intervals) {
  const auto made = good("defaults: {check: {interval: 30s, retry: 10s}}\n"
                         "services: {a: {check: {tcp: tcp://a:1, interval: 6s}}, b: {check: "
                         "tcp://a:1}, c: {check: {tcp: tcp://a:1, retry: 30s}}}");
  EXPECT_EQ(made.spec.services.at(0).checks.at(0).retry, 6s) << "shortened to the interval";
  EXPECT_EQ(made.spec.services.at(1).checks.at(0).retry, 10s);
  EXPECT_EQ(made.spec.services.at(2).checks.at(0).retry, 30s) << "as long as the interval";
  EXPECT_EQ(good("services: {a: {check: tcp://a:1}}").spec.services.at(0).checks.at(0).retry, 5s);
}

TEST(restart_target, may_be_a_docker_url_in_the_long_form_too) {
  EXPECT_EQ(restart("{docker: docker://web}").target, (restart_target{docker_target{"web"}}));
}

TEST(restart_target, of_start_and_stop_needs_no_restart) {
  EXPECT_EQ(restart("{exec: {start: [up], stop: [down]}}").target,
            (restart_target{exec_target{{"up"}, {"down"}, {}}}));
}

TEST(stop_signal, has_a_name_with_or_without_sig_or_a_number) {
  for (const auto* text : {"INT", "SIGINT", "2"}) {
    const auto made =
      service(std::string{"services: {a: {process: {command: [a], stop_signal: "} + text + "}}}");
    EXPECT_EQ(std::get<process_spec>(made.restart.target).stop_signal, SIGINT) << text;
  }
}

TEST(durations, are_sums_of_units) {
  EXPECT_EQ(check("{tcp: tcp://a:1, interval: 1d2h3m4s5ms}").interval, 24h + 2h + 3min + 4s + 5ms);
  EXPECT_EQ(check("{tcp: tcp://a:1, interval: 36500d}").interval, 36'500 * 24h);
}

TEST(durations, too_long_to_count_are_refused_and_not_wrapped) {
  EXPECT_TRUE(parse_duration("36500d"));
  for (const auto* text :
       {"36500d1ms", "36501d", "876001h", "52560001m", "3153600001s", "3153600000001ms",
        "213503982335d", "106751991168d", "5124095576031h", "9223372036854775807d",
        "9223372036854775807ms", "9223372036854775808ms", "99999999999999999999999d"}) {
    const auto made = parse_duration(text);
    ASSERT_FALSE(made) << text << " is " << made->count() << " ms";
    EXPECT_EQ(made.sentence(), "'" + std::string{text} + "' is too long; at most 36500d");
  }
}

TEST(listen, takes_a_name_an_address_and_port_0) {
  const auto listen = [](const std::string& text) {
    return good("server: {listen: '" + text + "'}\nservices: {a: {check: tcp://a:1}}")
      .spec.server.listen;
  };
  using addresses = std::vector<listen_address>;
  EXPECT_EQ(listen("localhost:80"), (addresses{{"localhost", 80, ""}}));
  EXPECT_EQ(listen("[fe80::1%eth0]:80"), (addresses{{"fe80::1%eth0", 80, ""}}));
  EXPECT_EQ(listen("0.0.0.0:0"), (addresses{{"0.0.0.0", 0, ""}}));
}

TEST(listen, takes_a_socket_in_the_file_system_and_a_list_of_all_of_them) {
  const auto listen = [](const std::string& text) {
    return good("server: {listen: " + text + "}\nservices: {a: {check: tcp://a:1}}")
      .spec.server.listen;
  };
  using addresses = std::vector<listen_address>;
  for (const auto* written : {"unix:/run/reeve.sock", "unix:///run/reeve.sock"})
    EXPECT_EQ(listen(written), (addresses{{"", 0, "/run/reeve.sock"}})) << written;
  EXPECT_EQ(listen("[127.0.0.1:8006, \"[::1]:8006\", unix:/run/reeve.sock]"),
            (addresses{{"127.0.0.1", 8006, ""}, {"::1", 8006, ""}, {"", 0, "/run/reeve.sock"}}));
  EXPECT_EQ(listen("[127.0.0.1:0, 127.0.0.1:0]").size(), 2U) << "each a free one of its own";
}

TEST(orders, need_what_is_written_or_nothing_on_this_machine) {
  const auto orders = [](const std::string& text) {
    return good("server: {" + text + "}\nservices: {a: {check: tcp://a:1}}").spec.server.orders;
  };
  EXPECT_EQ(orders("token_file: /t"), order_access::local);
  EXPECT_EQ(orders("orders: local"), order_access::local);
  EXPECT_EQ(orders("token_file: /t, orders: token"), order_access::token);
  EXPECT_EQ(orders("orders: none"), order_access::none);
}

TEST(examples, are_good_and_without_warnings) {
  const auto examples = std::filesystem::path{reeve::tests::source_dir()} / "examples";
  for (const auto& entry : std::filesystem::directory_iterator{examples}) {
    const auto file = entry.path() / "reeve.yaml";
    const auto result = load_file(file, environment_of({}));
    ASSERT_EQ(result.index(), 0u) << lines(std::get<1>(result));
    EXPECT_EQ(lines(std::get<0>(result).warnings), "") << file;
  }
}

} // namespace
} // namespace reeve::config
