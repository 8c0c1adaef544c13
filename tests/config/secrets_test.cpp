#include "config/url.hpp"
#include "tests/config/fixture.hpp"

// Nothing that is said of a bad file shows a password.

namespace reeve::config {
namespace {

TEST(without_secrets, hides_passwords_and_tokens) {
  const std::pair<const char*, const char*> all[] = {
    {"http://a/b", "http://a/b"},
    {"postgres://app@db/app", "postgres://app@db/app"},
    {"postgres://app:secret@db/app", "postgres://app:***@db/app"},
    {"https://secret@host/", "https://***@host/"},
    {"redis://:secret@cache", "redis://:***@cache"},
    {"redis://secret@cache", "redis://***@cache"},
    {"redis://:sec/r?e#t@cache", "redis://:***@cache"},
    {"postgres://a:sec@ret@db", "postgres://a:***@db"},
    {"app:secret@db", "app:***@db"},
    {"postgres://db/a?password=secret&sslmode=x", "postgres://db/a?password=***&sslmode=x"},
    {"http://a/?Api_Key=secret", "http://a/?Api_Key=***"},
    {"http://a/?token=secret&by=me@b", "http://***@b"},
    {"postgres://a?password=secret&x=y@b", "postgres://a?password=***&x=y@b"},
  };
  for (const auto& [written, shown] : all)
    EXPECT_EQ(without_secrets(written), shown);
}

class secret : public testing::TestWithParam<const char*> {};

TEST_P(secret, is_in_no_message) {
  const auto text = "services:\n  a:\n    check: " + std::string{GetParam()} + "\n";
  const auto env = environment_of({{"SECRET", "hunter2"}});
  for (const auto& said : {problems_of(text, env), problems_of("x: " + text, env)}) {
    ASSERT_NE(said, "") << "the file is good";
    EXPECT_EQ(said.find("hunter2"), said.npos) << said;
  }
}

INSTANTIATE_TEST_SUITE_P(
  all, secret,
  testing::Values(
    "'http://app:hunter2@host:99999/'", "'http://app:hunter2@ho st/'", "'http://app:hunter2/@h:1'",
    "{http: 'http://app:hunter2@host:0/', interval: 1}", "'tcp://app:hunter2@host:99'",
    "'postgres://app:hunter2@db:0/app'", "'postgres://app:hunter2/x@db/app'",
    "'postgres://app:hunter2@db/app?sslmod=x'", "'postgres://db/app?password=hunter2&usr=a'",
    "'postgres://app:hunter2%@db/app'", "'postgres://app:hunter2@d b/app'",
    "{postgres: 'postgres://app:hunter2@db/app', password_file: /a}",
    "{postgres: 'postgres://db/app?password=hunter2', password_file: /a}",
    "'redis://:hunter2@cache/x'", "'redis://hunter2@cache'", "'rediss://:hunter2@cache'",
    "'redis://:hunter2@cache:0'", "'redis://:hunter2@'", "'redis+unix://:hunter2@cache/run/a'",
    "{redis: 'redis://:hunter2@cache', password_file: /a}", "{redis: 'http://:hunter2@cache'}",
    "{redis: ':hunter2@cache'}", "'redi://:hunter2@cache'", "{dns: 'http://a:hunter2@b/'}",
    "{icmp: 'http://a:hunter2@b/'}", "{json: 'http://a:hunter2@b/'}",
    "{interval: 'http://a:hunter2@b/', tcp: 'tcp://a:1'}", "{'http://a:hunter2@b/': 1}",
    "'http://app:${SECRET}@host:99999/'", "'redis://:${SECRET}@cache/x'",
    "'postgres://app:${SECRET}@db:0/app'", "{push: {token: 'hunter2 x', period: 1h}}",
    "{push: hunter2}", "{push: {token: '${SECRET}!', period: 1h}}"));

TEST(secret, of_two_push_checks_is_not_shown) {
  EXPECT_EQ(problems_of("services:\n  a: {check: {push: {token: hunter2, period: 1h}}}\n"
                        "  b: {check: {push: {token: hunter2, period: 2h}}}\n"),
            "reeve.yaml:3:29: services.b.check.push.token: the check in line 2 has the same token; "
            "every push check needs its own\n");
}

} // namespace
} // namespace reeve::config
