#include "io/docker/docker_api.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace reeve::io::docker_api {

namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

TEST(docker_api, reads_an_event) {
  auto e = parse_event(
    R"({"Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"exitCode":"137",)"
    R"("name":"box"}},"timeNano":1795323150977000123})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->action, "die");
  EXPECT_EQ(e->id, "abc");
  EXPECT_EQ(e->name, "box");
  EXPECT_EQ(e->exit_code, 137);
  EXPECT_EQ(e->at.time_since_epoch(), 1795323150977000123ns);
}

TEST(docker_api, cuts_an_action_at_its_colon) {
  auto e = parse_event(R"({"Type":"container","Action":"health_status: unhealthy",)"
                       R"("Actor":{"ID":"abc","Attributes":{"name":"box"}},"timeNano":1})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->action, "health_status");
}

TEST(docker_api, names_both_sides_of_a_rename) {
  auto e = parse_event(R"({"Type":"container","Action":"rename","Actor":{"ID":"abc",)"
                       R"("Attributes":{"name":"new","oldName":"/old"}},"timeNano":1})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->name, "new");
  EXPECT_EQ(e->old_name, "old");
}

TEST(docker_api, refuses_what_is_no_event) {
  EXPECT_FALSE(parse_event(""));
  EXPECT_FALSE(parse_event("null"));
  EXPECT_FALSE(parse_event("[1]"));
  EXPECT_FALSE(parse_event(R"({"Type":"container","Action":"die"})"));
  EXPECT_FALSE(parse_event(R"({"Type":"container","Action":7,"Actor":{"ID":"abc"}})"));
  EXPECT_FALSE(parse_event(R"({"Type":"network","Action":"create","Actor":{"ID":"abc"}})"));
  EXPECT_FALSE(parse_event(R"({"Type":"container","Action":"die","Actor":{"ID":"abc"}} x)"));
}

TEST(docker_api, takes_a_wrong_type_as_absent) {
  auto e = parse_event(R"({"Type":"container","Action":"die","timeNano":"soon",)"
                       R"("Actor":{"ID":"abc","Attributes":{"exitCode":7,"name":[]}}})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->name, "");
  EXPECT_EQ(e->exit_code, 0);
  EXPECT_EQ(e->at.time_since_epoch(), 0ns);
}

TEST(docker_api, takes_a_time_before_1970_for_none) {
  auto e = parse_event(R"({"Type":"container","Action":"die","Actor":{"ID":"abc"},)"
                       R"("timeNano":-9223372036854775808})");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->at.time_since_epoch(), 0ns);
}

TEST(docker_api, refuses_what_nests_too_deeply) {
  std::string deep = R"({"Id":"abc","State":{"Running":true,"X":)" + std::string(100'000, '[');
  EXPECT_FALSE(parse_container(deep + std::string(100'000, ']') + "}}"));
  EXPECT_TRUE(parse_container(R"({"Id":"abc","State":{"Running":true,"X":")"
                              + std::string(1'000, '[') + "\"}}"));
}

TEST(docker_api, reads_a_container) {
  auto c = parse_container(
    R"({"Id":"abc","Name":"/box","State":{"Status":"exited","Running":false,"OOMKilled":true,)"
    R"("ExitCode":137,"Error":"","StartedAt":"2026-11-22T04:52:41.231797538Z",)"
    R"("FinishedAt":"2026-11-22T04:52:42Z","Health":{"Status":"unhealthy","Log":)"
    R"([{"Output":"old"},{"Output":"no\nluck\n"}]}},"Config":{"StopSignal":"SIGQUIT"},)"
    R"("HostConfig":{"RestartPolicy":{"Name":"always"}}})");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->name, "box");
  EXPECT_EQ(c->stop_signal, 3);
  EXPECT_FALSE(c->state.running);
  EXPECT_TRUE(c->state.oom_killed);
  EXPECT_EQ(c->state.exit_code, 137);
  EXPECT_EQ(c->state.health, "unhealthy");
  EXPECT_EQ(c->state.health_output, "no luck");
  EXPECT_EQ(c->state.restart_policy, "always");
  EXPECT_EQ(c->state.started_at, sys_days{2026y / 11 / 22} + 4h + 52min + 41s + 231ms);
  EXPECT_EQ(c->state.finished_at, sys_days{2026y / 11 / 22} + 4h + 52min + 42s);
}

TEST(docker_api, refuses_what_is_no_container) {
  EXPECT_FALSE(parse_container("{}"));
  EXPECT_FALSE(parse_container(R"({"Id":"abc"})"));
  EXPECT_FALSE(parse_container(R"({"Id":"abc","State":"running"})"));
}

TEST(docker_api, what_the_engine_calls_unhealthy_has_failed_as_often_as_it_takes) {
  const auto read = [](const std::string& streak, const std::string& retries) {
    return *parse_container(R"({"Id":"a","State":{"Running":true,"Health":{"Status":"unhealthy")"
                            + streak + R"(}},"Config":{"Healthcheck":{"Test":["CMD"])" + retries
                            + "}}}");
  };
  const auto after_a_pause = read(R"(,"FailingStreak":0)", "");
  EXPECT_EQ(after_a_pause.state.health, "starting");
  EXPECT_TRUE(after_a_pause.health_is_open);
  EXPECT_EQ(read(R"(,"FailingStreak":2)", "").state.health, "starting");
  EXPECT_EQ(read(R"(,"FailingStreak":3)", "").state.health, "unhealthy");
  EXPECT_EQ(read(R"(,"FailingStreak":1)", R"(,"Retries":2)").state.health, "starting");
  EXPECT_EQ(read(R"(,"FailingStreak":2)", R"(,"Retries":2)").state.health, "unhealthy");
  EXPECT_EQ(read("", "").state.health, "unhealthy") << "an engine that does not count";
}

TEST(docker_api, reads_times) {
  EXPECT_EQ(parse_time("2026-11-22T04:52:41+02:30"), sys_days{2026y / 11 / 22} + 2h + 22min + 41s);
  EXPECT_EQ(parse_time("2026-11-22T04:52:41.5Z"),
            sys_days{2026y / 11 / 22} + 4h + 52min + 41s + 500ms);
  for (const char* none :
       {"0001-01-01T00:00:00Z", "", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-22T04:52:41", "2026-11-22", "99999999999-01-01T00:00:00Z", "2026-11-22T25:00:00Z"})
    EXPECT_EQ(parse_time(none), wall_time{}) << none;
}

TEST(docker_api, reads_signals) {
  EXPECT_EQ(parse_signal("SIGTERM"), 15);
  EXPECT_EQ(parse_signal("USR1"), 10);
  EXPECT_EQ(parse_signal("9"), 9);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), 37);
  EXPECT_EQ(parse_signal("RTMAX-2"), 62);
  for (const char* none : {"", "SIGNONE", "0", "-9", "999", "RTMIN+99", "RTMIN-1", "9x"})
    EXPECT_EQ(parse_signal(none), 15) << none;
}

TEST(docker_api, speaks_the_oldest_version_that_both_know) {
  EXPECT_EQ(choose_version(R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})"), "1.41");
  EXPECT_EQ(choose_version(R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})"), "1.44");
  EXPECT_EQ(choose_version("{}"), "1.41");
  EXPECT_EQ(choose_version(R"({"MinAPIVersion":"9.9/../x"})"), "1.41");
}

TEST(docker_api, shortens_between_characters) {
  EXPECT_EQ(shortened("  a\tb\n", 10), "a b");
  EXPECT_EQ(shortened("abcdef", 3), "abc");
  EXPECT_EQ(shortened("ab\xc3\xa4", 3), "ab");
  EXPECT_EQ(shortened("ab\xc3\xa4", 4), "ab\xc3\xa4");
  EXPECT_EQ(shortened("", 3), "");
}

TEST(docker_api, escapes_what_a_url_would_read) {
  EXPECT_EQ(escaped("box-1_a.b"), "box-1_a.b");
  EXPECT_EQ(escaped("../a?b#c d"), "..%2Fa%3Fb%23c%20d");
}

TEST(docker_api, explains_why_a_socket_does_not_answer) {
  EXPECT_EQ(unreachable_reason(ECONNREFUSED, "/s"), "nothing answers at /s: start Docker");
  EXPECT_EQ(unreachable_reason(EACCES, "/etc/passwd"),
            "no permission to use /etc/passwd: add Reeve's user to the group root");
}

} // namespace

} // namespace reeve::io::docker_api
