#include "tests/config/fixture.hpp"

#include <cstdlib>

namespace reeve::config {
namespace {

std::string description(const std::string& written, const environment& env) {
  return service("services: {web: {description: '" + written + "', check: tcp://a:1}}", env)
    .description;
}

const auto env = environment_of({{"HOST", "db"},
                                 {"PORT", "5432"},
                                 {"EMPTY", ""},
                                 {"N", "7"},
                                 {"DOLLARS", "${HOST}$$"},
                                 {"YAML", "[a, b]: {}"}});

TEST(expansion, replaces_names_wherever_they_stand) {
  EXPECT_EQ(description("${HOST}:${PORT} and ${HOST}", env), "db:5432 and db");
}

TEST(expansion, takes_the_default_of_what_is_unset_or_empty) {
  EXPECT_EQ(description("${NONE:-a b}, ${EMPTY:-c}, ${HOST:-d}, ${NONE:-}", env), "a b, c, db, ");
}

TEST(expansion, keeps_an_empty_value) {
  EXPECT_EQ(description("<${EMPTY}>", env), "<>");
}

TEST(expansion, makes_one_dollar_of_two_and_leaves_one_alone) {
  EXPECT_EQ(description("$$ $${HOST} $HOST ^a$ $", env), "$ ${HOST} $HOST ^a$ $");
}

TEST(expansion, happens_once) {
  EXPECT_EQ(description("${DOLLARS}", env), "${HOST}$$");
}

TEST(expansion, comes_after_parsing) {
  EXPECT_EQ(description("${YAML}", env), "[a, b]: {}");
}

TEST(expansion, serves_numbers_words_and_urls) {
  const auto made = check("{tcp: \"tcp://${HOST}:${PORT}\", unhealthy_after: \"${N}\", "
                          "interval: \"${N}s\", role: \"${ROLE:-readiness}\"}",
                          env);
  EXPECT_EQ(made.target, (check_target{tcp_check{"db", 5432}}));
  EXPECT_EQ(made.unhealthy_after, 7);
  EXPECT_EQ(made.interval, std::chrono::seconds{7});
  EXPECT_EQ(made.role, role::readiness);
}

TEST(expansion, serves_lists_and_the_values_of_maps) {
  const auto made =
    service("services: {a: {process: {command: [run, \"${N}\"], env: {P: \"${PORT}\"}}}}", env);
  const auto& process = std::get<process_spec>(made.restart.target);
  EXPECT_EQ(process.command, (std::vector<std::string>{"run", "7"}));
  EXPECT_EQ(process.env, (std::map<std::string, std::string>{{"P", "5432"}}));
}

TEST(process_environment, is_the_one_of_this_process) {
  const char* path = std::getenv("PATH");
  ASSERT_TRUE(path);
  EXPECT_EQ(process_environment()("PATH"), path);
  EXPECT_EQ(process_environment()("REEVE_NOT_SET_ANYWHERE"), std::nullopt);
}

} // namespace
} // namespace reeve::config
