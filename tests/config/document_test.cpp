#include "tests/config/fixture.hpp"

#include <fstream>

namespace reeve::config {
namespace {

TEST(load_file, names_the_file_that_is_not_there) {
  const auto result = load_file("/nonexistent/reeve.yaml", environment_of({}));
  ASSERT_EQ(result.index(), 1u);
  EXPECT_EQ(to_string(std::get<1>(result).at(0)),
            "/nonexistent/reeve.yaml: cannot be opened: No such file or directory");
}

TEST(load_file, refuses_a_folder) {
  const auto result = load_file("/tmp", environment_of({}));
  ASSERT_EQ(result.index(), 1u);
  EXPECT_EQ(to_string(std::get<1>(result).at(0)), "/tmp: cannot be read: Is a directory");
}

TEST(load_file, does_not_read_a_file_without_end) {
  const auto result = load_file("/dev/zero", environment_of({}));
  ASSERT_EQ(result.index(), 1u);
  EXPECT_EQ(to_string(std::get<1>(result).at(0)),
            "/dev/zero: larger than 4 MiB, which is no config file");
}

TEST(document, may_begin_with_a_byte_order_mark) {
  EXPECT_EQ(service("\xEF\xBB\xBFservices: {a: {check: tcp://a:1}}").name, "a");
}

TEST(document, may_have_its_marks_and_windows_lines) {
  EXPECT_EQ(service("---\r\nservices:\r\n  a:\r\n    check: tcp://a:1\r\n...\r\n").name, "a");
}

TEST(document, may_be_json) {
  EXPECT_EQ(service(R"({"services": {"a": {"check": "tcp://a:1"}}})").name, "a");
}

// Brackets and quotes may span lines that are indented deeper than their key.
TEST(document, may_go_on_over_several_lines) {
  const auto made = good("services: {\n"
                         "  web: {\n"
                         "    check: tcp://a:1,\n"
                         "    depends_on: [\n"
                         "      api,\n"
                         "    ]\n"
                         "  },\n"
                         "  api: {check: tcp://b:1}\n"
                         "}\n"
                         "tree:\n"
                         "  children: [\n"
                         "    web,\n"
                         "    api\n"
                         "  ]\n");
  EXPECT_EQ(made.spec.services.size(), 2u);
  EXPECT_EQ(service("services:\n"
                    "  web:\n"
                    "    check: tcp://a:1\n"
                    "    description: \"one line,\n"
                    "      \\\"another\\\",\n"
                    "\n"
                    "      'a third'\n"
                    "    \"\n")
              .description,
            "one line, \"another\",\n'a third' ");
  EXPECT_EQ(service("services:\n"
                    "  web:\n"
                    "    check: tcp://a:1\n"
                    "    description: |\n"
                    "      it's \"one\n"
                    "      check: not a key")
              .description,
            "it's \"one\ncheck: not a key");
}

TEST(document, may_have_quotes_where_they_quote_nothing) {
  EXPECT_EQ(service("# it's \"ours\n"
                    "services:\n"
                    "  web:\n"
                    "    check: tcp://a:1\n"
                    "    description: it's 5\" wide # and don't you \"forget\n")
              .description,
            "it's 5\" wide");
}

TEST(merge_keys, give_way_to_the_map_itself_and_to_earlier_ones) {
  const auto made = service("x-a: &a {interval: 1s, healthy_after: 2}\n"
                            "x-b: &b {interval: 2s, healthy_after: 3, unhealthy_after: 4}\n"
                            "services:\n"
                            "  web:\n"
                            "    check:\n"
                            "      <<: [*a, *b]\n"
                            "      tcp: tcp://a:1\n"
                            "      interval: 9s\n");
  const auto& check = made.checks.at(0);
  EXPECT_EQ(check.interval, std::chrono::seconds{9});
  EXPECT_EQ(check.healthy_after, 2);
  EXPECT_EQ(check.unhealthy_after, 4);
}

TEST(merge_keys, are_ordinary_keys_in_quotes) {
  EXPECT_EQ(problems_of("services: {a: {check: tcp://a:1, '<<': {}}}"),
            "reeve.yaml:1:34: services.a.<<: unknown key\n");
}

TEST(aliases, are_told_of_where_their_anchor_stands) {
  EXPECT_EQ(problems_of("x-a: &a {interval: 5}\n"
                        "services: {a: {check: {tcp: tcp://a:1, <<: *a}}}\n"),
            "reeve.yaml:1:20: services.a.check.interval: '5' has no unit; write 5ms, 5s or 5m\n");
}

std::string nested(int levels) {
  return "x-a: " + std::string(static_cast<std::size_t>(levels), '[')
         + std::string(static_cast<std::size_t>(levels), ']')
         + "\nservices: {a: {check: tcp://a:1}}\n";
}

/// As deep, though no line of it is.
std::string chain_of_aliases(int levels) {
  std::string text = "x-1: &a1 []\n";
  for (int i = 2; i <= levels; ++i)
    text += "x-" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1)
            + "]\n";
  return text + "services: {a: {check: tcp://a:1}}\n";
}

TEST(hostile_text, is_nested_in_64_levels_and_not_one_more) {
  EXPECT_EQ(problems_of(nested(63)), "") << "and the file itself is one";
  for (const auto& text : {nested(64), nested(100), chain_of_aliases(64), chain_of_aliases(100)})
    EXPECT_NE(problems_of(text).find("nested deeper than 64 levels"), std::string::npos) << text;
  EXPECT_EQ(problems_of(chain_of_aliases(63)), "");
}

TEST(hostile_text, of_4_mib_and_more_is_refused_unread) {
  EXPECT_EQ(problems_of(std::string(4 * 1024 * 1024 + 1, '[')),
            "reeve.yaml: larger than 4 MiB, which is no config file\n");
}

TEST(hostile_text, of_exactly_4_mib_is_read) {
  std::string text = "services: {a: {check: tcp://a:1}}\n#";
  text.resize(4 * 1024 * 1024, '-');
  EXPECT_EQ(problems_of(text), "");
}

TEST(hostile_text, of_many_problems_is_told_in_part) {
  std::string text = "services: {a: {check: tcp://a:1}}\n";
  for (int i = 0; i < 3'000; ++i)
    text += "key" + std::to_string(i) + ": 1\n";
  const auto result = load_text(text, "reeve.yaml", environment_of({}));
  const auto& problems = std::get<1>(result);
  ASSERT_EQ(problems.size(), 1'001u);
  EXPECT_EQ(to_string(problems.back()), "reeve.yaml: and 2000 more problems");
}

TEST(hostile_text, with_long_words_gets_short_messages) {
  const auto said = problems_of("services: {a: {check: " + std::string(100'000, 'x') + "}}");
  EXPECT_LT(said.size(), 400u);
  EXPECT_NE(said.find("xxx...'"), said.npos);
}

TEST(hostile_text, with_a_dependency_chain_as_long_as_the_file_is_walked) {
  std::string text = "services:\n";
  const int last = 20'000;
  for (int i = 0; i < last; ++i)
    text += " s" + std::to_string(i) + ": {check: tcp://a:1, depends_on: [s" + std::to_string(i + 1)
            + "]}\n";
  text += " s" + std::to_string(last) + ": {check: tcp://a:1, depends_on: [s0]}\n";
  const auto said = problems_of(text);
  EXPECT_NE(said.find("s18 -> s19 -> ... -> s0\n"), said.npos) << said;
}

TEST(hostile_text, with_merges_of_merges_is_refused) {
  std::string text = "x-a: &a {";
  for (int i = 0; i < 1'000; ++i)
    text += "k" + std::to_string(i) + ": 1, ";
  text += "}\nx-b:\n";
  for (int i = 0; i < 1'000; ++i)
    text += "- {<<: *a}\n";
  EXPECT_NE(problems_of(text).find("too large: more than 500000 values"), std::string::npos);
}

TEST(a_file_that_cannot_be_read, leaves_no_descriptor_behind) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                         std::filesystem::directory_iterator{});
  };
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i)
    for (const auto* file : {"/nowhere/reeve.yaml", "/proc/self", "/proc/self/mem", "/dev/zero"}) {
      EXPECT_EQ(load_file(file, environment_of({})).index(), 1U) << file;
      EXPECT_TRUE(std::holds_alternative<problem>(load_listen(file, environment_of({})))) << file;
    }
  EXPECT_EQ(open_descriptors(), before);
}

// Whatever the text, there is an answer. Cuts and flipped bytes of a real file.
TEST(hostile_text, of_any_kind_gets_an_answer) {
  std::ifstream in{folder / "every_key.yaml"};
  const std::string whole{std::istreambuf_iterator<char>{in}, {}};
  const std::string_view odd{"{}[]:-&*!|>'\"%@`#\t\n \x80\x01?,<$"};
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    EXPECT_FALSE(load_text(whole.substr(0, i), "cut", environment_of({})).valueless_by_exception());
    auto changed = whole;
    changed[i] = odd[i / 7 % odd.size()];
    EXPECT_FALSE(load_text(changed, "changed", environment_of({})).valueless_by_exception());
  }
}

} // namespace
} // namespace reeve::config
