#include "tests/cli/command.hpp"
#include "tests/support/places.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace reeve::cli {
namespace {

struct shown_command {
  std::vector<std::string> words; ///< after `reeve`
  std::string out;
};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in{line};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// The commands of a README, indented by four and after a dollar sign, and what they print.
std::vector<shown_command> commands_of(const std::filesystem::path& readme) {
  const std::string prompt = "    $ reeve ";
  std::vector<shown_command> all;
  std::ifstream in{readme};
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(prompt)) {
      all.push_back({words_of(line.substr(prompt.size())), ""});
      inside = true;
    } else if (inside && (line.empty() || line.starts_with("    "))) {
      all.back().out += line.substr(std::min<std::size_t>(line.size(), 4)) + "\n";
    } else {
      inside = false;
    }
  }
  for (auto& c : all)
    while (c.out.ends_with("\n\n"))
      c.out.pop_back();
  return all;
}

TEST(the_tuning_example, shows_what_is_really_printed) {
  const auto example = std::filesystem::path{reeve::tests::source_dir()} / "examples/tuning";
  const auto commands = commands_of(example / "README.md");
  ASSERT_EQ(commands.size(), 4U);
  std::filesystem::current_path(example);
  for (const auto& command : commands) {
    SCOPED_TRACE(command.words.front() + " " + command.words.back());
    if (command.words.back() == "year.html")
      continue; // takes its time, and writes a file
    const auto done = run_app(command.words);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.out, command.out);
  }
}

TEST(the_page_of_commands, shows_what_validate_prints) {
  const std::filesystem::path top{reeve::tests::source_dir()};
  const auto commands = commands_of(top / "docs/commands.md");
  ASSERT_EQ(commands.size(), 1U);
  std::filesystem::current_path(top);
  setenv("REEVE_DEMO", "/bin/true", 1);
  const auto done = run_app(commands.front().words);
  unsetenv("REEVE_DEMO");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, commands.front().out);
}

} // namespace
} // namespace reeve::cli
