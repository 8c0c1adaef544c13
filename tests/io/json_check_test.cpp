#include "tests/io/support/check_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct a_json_check : check_fixture {
  check_spec spec;

  a_json_check() {
    spec.target = json_check{folder / "status.json"};
    spec.timeout = 20s;
  }

  void write(const std::string& content, std::chrono::seconds ago = 0s) const {
    const auto file = folder.file("status.json", content);
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - ago);
  }
  check_outcome run() {
    return check_fixture::run(spec);
  }
  check_verdict verdict() {
    return check_fixture::verdict(spec);
  }
  std::string named(const std::string& rest) const {
    return "JSON file '" + (folder / "status.json") + "' " + rest;
  }
};

} // namespace

TEST_F(a_json_check, compares_fields_by_their_paths) {
  spec.expect.fields = {{"status", parse_comparison("ready")},
                        {"db.lag", parse_comparison("< 10")},
                        {"workers.1", parse_comparison("up")}};
  write(R"({"status": "ready", "db": {"lag": 3}, "workers": ["up", "up"]})");
  EXPECT_EQ(verdict(), check_verdict{});
  write(R"({"status": "ready", "db": {"lag": 30}, "workers": ["up", "up"]})");
  EXPECT_EQ(verdict().reason, "db.lag is '30', expected < 10");
  write(R"({"status": "ready", "db": {"lag": 3}, "workers": ["up"]})");
  EXPECT_EQ(verdict().reason, "workers.1 is missing, expected up");
}

TEST_F(a_json_check, judges_how_long_ago_it_was_written) {
  spec.expect.age = {60s, 120s};
  write("{}", 10s);
  EXPECT_EQ(verdict().result, check_result::ok);
  write("{}", 90s);
  EXPECT_EQ(verdict().result, check_result::degraded);
  write("{}", 10h);
  EXPECT_EQ(verdict(), (check_verdict{check_result::failed,
                                      "file was last written 10h ago, unhealthy over 2m"}));
}

TEST_F(a_json_check, fails_without_its_file) {
  const auto o = run();
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no JSON file '" + (folder / "status.json") + "'");
}

TEST_F(a_json_check, fails_on_what_is_not_or_not_yet_whole_json) {
  for (const auto* text : {R"({"status": "rea)", "ready", R"({"a": 1} {"b": 2})"}) {
    write(text);
    const auto o = run();
    EXPECT_EQ(o.what, kind::failed);
    EXPECT_EQ(o.reason, named("does not hold whole JSON"));
  }
  write("");
  EXPECT_EQ(run().reason, named("is empty"));
}

TEST_F(a_json_check, fails_on_a_file_that_is_too_large_and_takes_one_that_just_fits) {
  write('"' + std::string(1'024 * 1'024 - 2, 'x') + '"');
  EXPECT_EQ(run().what, kind::answered);
  write('"' + std::string(1'024 * 1'024 - 1, 'x') + '"');
  EXPECT_EQ(run().reason, named("is larger than 1 MiB"));
}

TEST_F(a_json_check, was_not_run_if_there_is_something_that_cannot_be_read) {
  std::filesystem::create_directory(folder / "status.json");
  const auto o = run();
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "cannot read " + named("").substr(0, named("").size() - 1)
                        + ": it is not an ordinary file");
}

TEST_F(a_json_check, was_not_run_if_its_file_comes_from_the_future) {
  write("{}", -10'000s);
  const auto o = run();
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_TRUE(o.reason.ends_with(" in the future: set the clocks")) << o.reason;
}

TEST_F(a_json_check, that_may_not_read_its_file_was_not_run) {
  if (geteuid() == 0)
    GTEST_SKIP() << "root may read everything";
  write("{}");
  std::filesystem::permissions(folder / "status.json", std::filesystem::perms::none);
  EXPECT_EQ(run().what, kind::not_run);
}
