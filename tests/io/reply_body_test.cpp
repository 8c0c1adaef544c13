#include "io/checks/json_value.hpp"
#include "io/checks/reply_body.hpp"

#include <gtest/gtest.h>

namespace reeve::io {
namespace {

std::optional<found_value> value_at(const std::string& document, const std::string& path) {
  bool valid = false;
  auto values = values_at(document, {path}, valid);
  EXPECT_TRUE(valid) << document;
  return values.at(0);
}

bool is_json(const std::string& document) {
  bool valid = false;
  values_at(document, {}, valid);
  return valid;
}

TEST(a_value_of_json, is_as_it_is_written) {
  const auto value = [](const std::string& written) {
    return value_at("{\"a\": " + written + "}", "a");
  };
  for (const auto* same : {"1.10", "1e3", "9007199254740993", "18446744073709551616", "-5",
                           "123456789012345678901234567890", "true", "false", "null", "0.000"})
    EXPECT_EQ(value(same), found_value{same});
  EXPECT_EQ(value("\"1.10\""), (found_value{"1.10", true}));
  EXPECT_EQ(value("\"caf\\u00e9 \\\"x\\\"\""), (found_value{"caf\xc3\xa9 \"x\"", true}));
  EXPECT_EQ(value("\"true\""), (found_value{"true", true}));
  EXPECT_EQ(value("[1, 2.50, \"x\"]"), found_value{"[1,2.50,\"x\"]"});
  EXPECT_EQ(value("{\"z\": [], \"b\": {}}"), found_value{"{\"b\":{},\"z\":[]}"});
}

TEST(a_value_of_json, is_found_by_a_path) {
  const std::string document =
    R"({"a": {"b": [{"c": 1}, 2]}, "d.e": 3, "f": 4, "f": 5, "g.h": {"i": 6}, "": 7})";
  const std::pair<const char*, std::optional<found_value>> table[] = {
    {"a.b.0.c", "1"}, {"a.b.1", "2"},        {"a.b.2", std::nullopt}, {"d.e", "3"}, {"f", "5"},
    {"g.h.i", "6"},   {"a.x", std::nullopt}, {"a.b.c", std::nullopt}, {"", "7"},
  };
  for (const auto& [path, expected] : table)
    EXPECT_EQ(value_at(document, path), expected) << path;
  EXPECT_EQ(value_at("[[1], [2, 3]]", "1.0"), found_value{"2"});
}

TEST(json, is_refused_when_it_is_nested_deeper_than_anybody_means) {
  EXPECT_TRUE(is_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_FALSE(is_json(std::string(101, '[') + std::string(101, ']')));
  const std::string brackets(150, '[');
  EXPECT_TRUE(is_json("{\"a\": \"" + brackets + "\"}"));
  EXPECT_TRUE(is_json("{\"a\": \"quoted \\\" and " + brackets + "\"}"));
  EXPECT_TRUE(is_json("{\"a\": \"\\\\\", \"b\": \"" + brackets + "\"}"));
  EXPECT_FALSE(is_json("{\"a\": \"\\\\\", \"b\": " + brackets + "}"));
}

TEST(json, is_nothing_else) {
  for (const auto* text : {"", "{", "nan", "'a'", "{\"a\":1e99999}", "{\"a\":1} x", "01", "{a: 1}"})
    EXPECT_FALSE(is_json(text)) << text;
}

} // namespace
} // namespace reeve::io
