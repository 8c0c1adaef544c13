#include "tests/config/fixture.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>

// bad/NAME.yaml holds one mistake, or several; bad/NAME.txt what Reeve says of it.
// <parser> stands there for what yaml-cpp says: those words are not ours to test.

namespace reeve::config {
namespace {

std::vector<std::string> names_of_bad_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder / "bad"})
    if (entry.path().extension() == ".yaml")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  EXPECT_TRUE(in) << file << " is missing";
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string without_words_of_parser(const std::string& said) {
  static const std::regex words{"not valid YAML: [^;\\n]+"};
  return std::regex_replace(said, words, "not valid YAML: <parser>");
}

class bad_file : public testing::TestWithParam<std::string> {};

TEST_P(bad_file, is_refused_with_these_words) {
  const auto env =
    environment_of({{"PORT", "8080"}, {"EMPTY", ""}, {"BYTES", "\xff"}, {"SECRET", "hunter 2"}});
  const auto result = load_file(folder / "bad" / (GetParam() + ".yaml"), env);
  const auto* problems = std::get_if<std::vector<problem>>(&result);
  ASSERT_TRUE(problems) << "it was accepted";
  EXPECT_EQ(without_words_of_parser(lines(*problems)),
            content(folder / "bad" / (GetParam() + ".txt")));
}

INSTANTIATE_TEST_SUITE_P(all, bad_file, testing::ValuesIn(names_of_bad_files()),
                         [](const auto& file) { return file.param; });

} // namespace
} // namespace reeve::config
