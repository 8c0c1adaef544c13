#include "tests/config/fixture.hpp"

// What the kinds of checks may be written like, and what that comes to.

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

template <class T>
T target(const std::string& text) {
  const auto made = check(text).target;
  EXPECT_TRUE(std::holds_alternative<T>(made)) << text << " is a " << kind_of(made) << " check";
  return std::holds_alternative<T>(made) ? std::get<T>(made) : T{};
}

role role_in_a_list(const std::string& text) {
  return service("services: {a: {checks: [" + text + "]}}").checks.at(0).role;
}

TEST(http, may_go_through_a_socket) {
  const http_check expected{.url = "http://localhost/health?a=1", .unix_socket = "/run/app.sock"};
  EXPECT_EQ(target<http_check>("'http://unix:/run/app.sock:/health?a=1'"), expected);
  EXPECT_EQ(target<http_check>("http://unix:/run/app.sock").url, "http://localhost/");
  const http_check named{.url = "http://app.example/health", .unix_socket = "/run/app.sock"};
  for (const auto* socket : {"/run/app.sock", "unix:/run/app.sock", "unix:///run/app.sock"})
    EXPECT_EQ(
      target<http_check>("{http: http://app.example/health, unix: '" + std::string{socket} + "'}"),
      named);
}

TEST(http, to_a_host_named_unix_is_possible) {
  EXPECT_EQ(target<http_check>("http://unix:8080/health"),
            (http_check{.url = "http://unix:8080/health"}));
}

TEST(http, opens_a_connection_each_time_unless_told_to_keep_it) {
  EXPECT_EQ(target<http_check>("http://a/").connection, connection_use::fresh);
  EXPECT_EQ(target<http_check>("{http: http://a/, connection: kept}").connection,
            connection_use::kept);
}

TEST(tcp, takes_sockets_in_every_spelling) {
  const tcp_check expected{.unix_socket = "/run/x.sock"};
  for (const auto* url : {"'unix:/run/x.sock'", "'unix:///run/x.sock'", "'tcp://unix:/run/x.sock'"})
    for (const auto& text : {std::string{url}, "{tcp: " + std::string{url} + "}"})
      EXPECT_EQ(target<tcp_check>(text), expected) << text;
}

TEST(tcp, sends_the_bytes_that_yaml_makes) {
  EXPECT_EQ(target<tcp_check>("{tcp: tcp://a:1, send: \"\\x01PING\\r\\n\"}").send, "\x01PING\r\n");
}

TEST(tcp, may_speak_tls) {
  EXPECT_EQ(target<tcp_check>("{tcp: tcp://a:1, tls: true}").tls, tls_options{});
  EXPECT_EQ(target<tcp_check>("{tcp: tcp://a:1, tls: false}").tls, std::nullopt);
  EXPECT_EQ(target<tcp_check>("{tcp: tcp://a:1, tls: {verify: false, ca_file: /ca.pem}}").tls,
            (tls_options{.verify = false, .ca_file = "/ca.pem"}));
}

TEST(tcp, expects_a_text_or_more) {
  EXPECT_EQ(check("{tcp: tcp://a:1, expect: PONG}").expect, (expectation{.contains = "PONG"}));
  EXPECT_EQ(check("{tcp: tcp://a:1, tls: true, expect: {body: {matches: '^220 '}, "
                  "certificate: {degraded: 14d}}}")
              .expect,
            (expectation{.matches = "^220 ", .certificate_left = {14 * 24h, {}}}));
}

TEST(postgres, keeps_its_url_as_it_is) {
  for (const auto* url :
       {"postgres://app@localhost:5432/app", "postgresql://app:p%40ss@db/app?sslmode=require",
        "postgres://%2Fvar%2Frun%2Fpostgresql/app", "postgres:///app?host=/run/postgresql",
        "postgres://[::1]:5432/app"}) {
    EXPECT_EQ(target<postgres_check>("'" + std::string{url} + "'"), (postgres_check{.url = url}));
    EXPECT_EQ(target<postgres_check>("{postgres: '" + std::string{url} + "'}").url, url);
  }
}

TEST(postgres, compares_the_value_and_the_number_of_rows) {
  const auto made = check("{postgres: postgres://a/b, query: SELECT lag(), expect: "
                          "{value: '< 600', rows: '>= 1', latency: {degraded: 1s}}}");
  EXPECT_EQ(std::get<postgres_check>(made.target).query, "SELECT lag()");
  EXPECT_EQ(made.expect.fields,
            (std::vector<field_condition>{{"value", {comparator::less, "600"}},
                                          {"rows", {comparator::greater_equal, "1"}}}));
  EXPECT_EQ(made.expect.latency.degraded, 1s);
}

TEST(redis, url_says_where_and_who) {
  EXPECT_EQ(target<redis_check>("redis://cache"), (redis_check{.host = "cache"}));
  EXPECT_EQ(target<redis_check>("'redis://[::1]:6380/3'"),
            (redis_check{.host = "::1", .port = 6380, .database = 3}));
  EXPECT_EQ(target<redis_check>("redis://me:p%40ss%2F@cache:1/"),
            (redis_check{.host = "cache", .port = 1, .user = "me", .password = "p@ss/"}));
  EXPECT_EQ(target<redis_check>("'redis://:pw@cache?db=2'"),
            (redis_check{.host = "cache", .password = "pw", .database = 2}));
}

TEST(redis, may_be_behind_a_socket) {
  EXPECT_EQ(target<redis_check>("'redis+unix:///run/redis.sock?db=1'"),
            (redis_check{.unix_socket = "/run/redis.sock", .database = 1}));
  EXPECT_EQ(target<redis_check>("{redis: 'unix:///run/redis.sock'}"),
            (redis_check{.unix_socket = "/run/redis.sock"}));
  EXPECT_EQ(target<redis_check>("redis+unix://:pw@/run/redis.sock").password, "pw");
}

TEST(redis, compares_fields_of_info) {
  const auto made =
    check("{redis: redis://a, expect: {role: master, used_memory: '< 100000000', latency: "
          "{unhealthy: 1s}}}");
  EXPECT_EQ(made.expect.fields,
            (std::vector<field_condition>{{"role", {comparator::equal, "master"}},
                                          {"used_memory", {comparator::less, "100000000"}}}));
  EXPECT_EQ(made.expect.latency.unhealthy, 1s);
}

TEST(databases, take_passwords_from_files_and_connections_as_told) {
  EXPECT_EQ(target<redis_check>("{redis: 'redis://me@a', password_file: /pw, database: 4, "
                                "connection: fresh}"),
            (redis_check{.host = "a",
                         .user = "me",
                         .password_file = "/pw",
                         .database = 4,
                         .connection = connection_use::fresh}));
  EXPECT_EQ(
    target<postgres_check>("{postgres: postgres://a/b, password_file: /pw, connection: fresh}"),
    (postgres_check{
      .url = "postgres://a/b", .password_file = "/pw", .connection = connection_use::fresh}));
  EXPECT_EQ(target<redis_check>("redis://a").connection, connection_use::kept);
}

TEST(dns, asks_for_a_type_in_upper_or_lower_case) {
  EXPECT_EQ(target<dns_check>("{dns: example.org}"), (dns_check{.name = "example.org"}));
  EXPECT_EQ(target<dns_check>("{dns: example.org, type: MX}").record, dns_record::mx);
  EXPECT_EQ(target<dns_check>("{dns: _sip._tcp.example.org, type: srv}").record, dns_record::srv);
}

TEST(dns, asks_a_server_of_its_own) {
  const auto server = [](const std::string& text) {
    const auto made = target<dns_check>("{dns: example.org, server: '" + text + "'}");
    return std::pair{made.server, made.port};
  };
  EXPECT_EQ(server("10.0.0.53"), (std::pair<std::string, int>{"10.0.0.53", 53}));
  EXPECT_EQ(server("10.0.0.53:5353"), (std::pair<std::string, int>{"10.0.0.53", 5353}));
  EXPECT_EQ(server("[fd00::53]"), (std::pair<std::string, int>{"fd00::53", 53}));
  EXPECT_EQ(server("[fd00::53]:54"), (std::pair<std::string, int>{"fd00::53", 54}));
}

TEST(dns, turns_an_address_round_to_ask_for_its_name) {
  EXPECT_EQ(target<dns_check>("{dns: 192.0.2.1, type: PTR}").name, "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(target<dns_check>("{dns: '2001:db8::567:89ab', type: PTR}").name,
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(dns, expects_answers_as_the_check_writes_them) {
  const auto answers = [](const std::string& type, const std::string& text) {
    return check("{dns: example.org, type: " + type + ", expect: {answers: " + text + "}}")
      .expect.answers;
  };
  EXPECT_EQ(answers("A", "192.0.2.1"), (std::vector<std::string>{"192.0.2.1"}));
  EXPECT_EQ(answers("AAAA", "['2001:DB8:0::1', '::2']"),
            (std::vector<std::string>{"2001:db8::1", "::2"}));
  EXPECT_EQ(answers("MX", "'10 Mail.Example.org.'"),
            (std::vector<std::string>{"10 mail.example.org"}));
  EXPECT_EQ(answers("TXT", "'v=Spf1.'"), (std::vector<std::string>{"v=Spf1."}));
}

TEST(icmp, takes_a_name_or_an_address) {
  EXPECT_EQ(target<icmp_check>("{icmp: router.example}"), (icmp_check{"router.example"}));
  EXPECT_EQ(target<icmp_check>("{icmp: '::1'}"), (icmp_check{"::1"}));
}

TEST(json, is_a_path_or_a_map_with_an_age) {
  EXPECT_EQ(target<json_check>("{json: /run/state.json}"), (json_check{"/run/state.json"}));
  const auto made = check("{json: {file: /run/state.json, degraded: 60s, unhealthy: 2m}}");
  EXPECT_EQ(made.target, (check_target{json_check{"/run/state.json"}}));
  EXPECT_EQ(made.expect.age, (limits{60s, 2min}));
}

TEST(json, expects_paths_with_or_without_the_word) {
  const std::vector<field_condition> expected{{"failures", {comparator::less, "5"}},
                                              {"a.status", {comparator::equal, "ok"}}};
  EXPECT_EQ(check("{json: /a, expect: {failures: '< 5', a.status: ok}}").expect.fields, expected);
  EXPECT_EQ(check("{json: /a, expect: {json: {failures: '< 5', a.status: ok}}}").expect.fields,
            expected);
}

TEST(push, has_a_grace_of_its_period_but_at_most_a_minute) {
  const auto grace = [](const std::string& more) {
    return target<push_check>("{push: {token: 0123456789abcdef, " + more + "}}").grace;
  };
  EXPECT_EQ(grace("period: 10s"), 10s);
  EXPECT_EQ(grace("period: 1d"), 1min);
  EXPECT_EQ(grace("period: 1h, grace: 5m"), 5min);
  EXPECT_EQ(grace("period: 1h, grace: 0s"), 0s);
}

TEST(push, tells_facts_and_so_counts_at_once) {
  EXPECT_EQ(
    lines(good("services:\n  a:\n    check: {push: {token: 0123456789abcdef, period: 1h}, "
               "interval: 5s, timeout: 1s, retry: 1s, unhealthy_after: 2, healthy_after: 2}\n")
            .warnings),
    "reeve.yaml:3:68: services.a.check.interval: has no effect: a push check is missed "
    "when nothing came for 'period' and 'grace'\n"
    "reeve.yaml:3:81: services.a.check.timeout: has no effect: a push check is missed when "
    "nothing came for 'period' and 'grace'\n"
    "reeve.yaml:3:92: services.a.check.retry: has no effect: a push check is missed when "
    "nothing came for 'period' and 'grace'\n"
    "reeve.yaml:3:113: services.a.check.unhealthy_after: has no effect: a push check is "
    "missed when nothing came for 'period' and 'grace'\n"
    "reeve.yaml:3:131: services.a.check.healthy_after: has no effect: what a push check "
    "tells is a fact, and counts at once\n");
}

TEST(push, with_a_token_that_can_be_guessed_is_warned_of) {
  EXPECT_EQ(lines(good("services: {a: {check: {push: {token: abc, period: 1h}}}}").warnings),
            "reeve.yaml:1:38: services.a.check.push.token: short enough to be guessed; take 16 "
            "characters or more, such as those of 'openssl rand -hex 16'\n");
}

TEST(role, in_a_list_depends_on_the_kind) {
  for (const auto* kind : {"postgres://a/b", "redis://a", "{dns: a.example}", "{icmp: a}",
                           "{json: /a}", "{postgres: postgres://a/b}"})
    EXPECT_EQ(role_in_a_list(kind), role::readiness) << kind;
  for (const auto* kind :
       {"http://a/", "tcp://a:1", "docker://a", "{exec: [a]}",
        "{heartbeat: {file: /a, degraded: 1s}}", "{push: {token: 0123456789abcdef, period: 1h}}"})
    EXPECT_EQ(role_in_a_list(kind), role::liveness) << kind;
}

TEST(role, is_what_it_says_and_a_single_check_is_liveness) {
  EXPECT_EQ(role_in_a_list("{redis: redis://a, role: liveness}"), role::liveness);
  EXPECT_EQ(check("redis://a").role, role::liveness);
  EXPECT_EQ(check("{redis: redis://a, role: readiness}").role, role::readiness);
}

} // namespace
} // namespace reeve::config
