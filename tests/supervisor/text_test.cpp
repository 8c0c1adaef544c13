#include "supervisor/text.hpp"
#include "supervisor/tree/service_tree.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

using namespace std::chrono_literals;

TEST(text, describes_durations_for_people) {
  const std::pair<std::chrono::milliseconds, const char*> table[] = {
    {0ms, "0 ms"},   {250ms, "250 ms"},   {999ms, "999 ms"},  {1s, "1 s"},
    {2s, "2 s"},     {2'400ms, "2.4 s"},  {2'499ms, "2.4 s"}, {59'999ms, "59.9 s"},
    {60s, "1m"},     {90s, "1m30s"},      {130s, "2m10s"},    {2h, "2h"},
    {2h + 1s, "2h"}, {2h + 5min, "2h5m"}, {30h, "1d6h"},      {168h, "7d"},
    {-2s, "-2 s"},
  };
  for (const auto& [duration, expected] : table)
    EXPECT_EQ(describe(duration), expected);
}

TEST(text, tells_wall_time_in_rfc_3339) {
  EXPECT_EQ(rfc3339(wall_time{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(wall_time{1'769'850'000'999ms}), "2026-01-31T09:00:00Z");
  EXPECT_EQ(rfc3339(wall_time{1'709'251'199s}), "2024-02-29T23:59:59Z");
  EXPECT_EQ(rfc3339(wall_time{-1ms}), "1969-12-31T23:59:59Z");
}

TEST(text, finds_what_was_meant) {
  const std::vector<std::string> names{"backend", "mailer", "postgres", "web"};
  EXPECT_EQ(did_you_mean("bakend", names), "; did you mean 'backend'?");
  EXPECT_EQ(did_you_mean("postgers", names), "; did you mean 'postgres'?");
  EXPECT_EQ(did_you_mean("wbe", names), "; did you mean 'web'?");
  EXPECT_EQ(did_you_mean("mailer", names), "; did you mean 'mailer'?");
  EXPECT_EQ(did_you_mean("c", {"a", "b"}), "") << "nothing of it is right";
  EXPECT_EQ(did_you_mean("ab", {"ac"}), "; did you mean 'ac'?");
  EXPECT_EQ(did_you_mean("queue", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("web", {}), "");
}

TEST(words, are_those_of_the_config_and_the_api) {
  EXPECT_EQ(to_string(health::unhealthy), "unhealthy");
  EXPECT_EQ(to_string(supervision::given_up), "given_up");
  EXPECT_EQ(to_string(check_result::skipped), "skipped");
  EXPECT_EQ(to_string(restart_type::transient), "transient");
  EXPECT_EQ(to_string(strategy::rest_for_one), "rest_for_one");
  EXPECT_EQ(to_string(on_exhausted::give_up), "give_up");
  EXPECT_EQ(to_string(role::readiness), "readiness");
  EXPECT_EQ(to_string(order::pause), "pause");
  EXPECT_EQ(to_string(restart_cause::cooldown), "cooldown");
}

TEST(check_kind, has_the_configs_word_and_tells_facts_or_verdicts) {
  const std::tuple<check_target, const char*, bool> table[] = {
    {http_check{}, "http", false},    {tcp_check{}, "tcp", false},
    {exec_check{}, "exec", false},    {heartbeat_check{}, "heartbeat", true},
    {docker_check{}, "docker", true},
  };
  for (const auto& [target, word, facts] : table) {
    EXPECT_EQ(kind_of(target), word);
    EXPECT_EQ(tells_facts(target), facts);
  }
}

} // namespace
TEST(text, makes_one_safe_line_of_anything) {
  EXPECT_EQ(one_line("", 100), "");
  EXPECT_EQ(one_line(" \n\t ", 100), "");
  EXPECT_EQ(one_line("disk\r\nfull\n", 100), "disk  full");
  EXPECT_EQ(one_line(std::string{"a\0b\x7f", 4}, 100), "a b");
  EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", 100),
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(one_line("\xff\xc3", 100), "??");
  EXPECT_EQ(one_line("\xc0\xaf \xed\xa0\x80", 100), "?? ???") << "overlong, and a surrogate";
  EXPECT_EQ(one_line("x\xc2\x9b"
                     "31m",
                     100),
            "x 31m")
    << "a terminal would obey it";
  EXPECT_EQ(one_line("abc\xc3\xbc", 4), "abc?");
}

} // namespace reeve
