#include "tests/io/support/check_fixture.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

check_spec beat(const std::string& file) {
  check_spec spec;
  spec.target = heartbeat_check{file};
  spec.timeout = 20s;
  return spec;
}

struct a_heartbeat_check : check_fixture {
  check_outcome run(const std::string& file) {
    return check_fixture::run(beat(file));
  }

  /// The age that is read from a file with this content and this modification time.
  std::chrono::seconds age(const std::string& content, std::chrono::seconds written_ago) {
    const auto file = folder.file("beat", content);
    std::filesystem::last_write_time(file,
                                     std::filesystem::file_time_type::clock::now() - written_ago);
    const auto o = run(file);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    return std::chrono::duration_cast<std::chrono::seconds>(o.answer.age.value_or(-1h));
  }
};

std::string unix_time(std::chrono::seconds ago, const std::string& fraction = "") {
  const auto then = std::chrono::system_clock::now() - ago;
  return std::to_string(std::chrono::system_clock::to_time_t(then)) + fraction;
}

/// The test's own time passes too.
testing::AssertionResult about(std::chrono::seconds found, std::chrono::seconds expected) {
  if (found >= expected - 1s && found < expected + 60s)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << found.count() << " s, not about " << expected.count();
}

} // namespace

TEST_F(a_heartbeat_check, takes_the_time_the_file_was_written) {
  EXPECT_TRUE(about(age("", 1000s), 1000s));
  EXPECT_TRUE(about(age("alive", 2000s), 2000s));
}

TEST_F(a_heartbeat_check, prefers_a_timestamp_in_the_first_line) {
  EXPECT_TRUE(about(age(unix_time(3000s), 10s), 3000s));
  EXPECT_TRUE(about(age(unix_time(4000s, ".25") + "\nmore\n", 10s), 4000s));
  EXPECT_TRUE(about(age(" " + unix_time(5000s) + " \r\n", 10s), 5000s));
}

TEST_F(a_heartbeat_check, takes_no_other_number_for_a_timestamp) {
  EXPECT_TRUE(about(age("42\n", 1000s), 1000s));
  EXPECT_TRUE(about(age(unix_time(0s) + " jobs done\n", 1000s), 1000s));
  EXPECT_TRUE(about(age("nan\n", 1000s), 1000s));
}

TEST_F(a_heartbeat_check, counts_a_time_a_little_in_the_future_as_now) {
  EXPECT_EQ(run(folder.file("beat", unix_time(-30s))).answer.age, 0ms);
}

TEST_F(a_heartbeat_check, was_not_run_if_its_time_is_far_in_the_future) {
  const auto o = run(folder.file("beat", unix_time(-10'000s)));
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_TRUE(o.reason.ends_with(" in the future: set the clocks")) << o.reason;
}

TEST_F(a_heartbeat_check, has_its_age_judged) {
  expectation expect;
  expect.age = {60s, 120s};
  const auto judged = [&](std::chrono::seconds ago) {
    return judge(expect, run(folder.file("beat", unix_time(ago)))).result;
  };
  EXPECT_EQ(judged(10s), check_result::ok);
  EXPECT_EQ(judged(90s), check_result::degraded);
  EXPECT_EQ(judged(200s), check_result::failed);
}

TEST_F(a_heartbeat_check, fails_without_its_file) {
  const auto o = run(folder / "nothing");
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no heartbeat file '" + (folder / "nothing") + "'");
  EXPECT_EQ(run("nowhere/beat").reason,
            "no heartbeat file '" + (std::filesystem::current_path() / "nowhere/beat").string()
              + "'")
    << "in full, for it is not the config's folder that counts";
}

TEST_F(a_heartbeat_check, was_not_run_if_there_is_something_that_cannot_be_read) {
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(run(pipe).what, kind::not_run);
  EXPECT_EQ(run(folder.path()).what, kind::not_run);
  const auto loop_of_links = folder / "link";
  ASSERT_EQ(symlink(loop_of_links.c_str(), loop_of_links.c_str()), 0);
  const auto o = run(loop_of_links);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(judge({}, o).result, check_result::unknown);
}

TEST_F(a_heartbeat_check, that_may_not_read_its_file_was_not_run) {
  if (geteuid() == 0)
    GTEST_SKIP() << "root may read everything";
  const auto file = folder.file("beat", "");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  EXPECT_EQ(run(file).what, kind::not_run);
}

TEST_F(a_heartbeat_check, that_is_destroyed_under_way_is_cancelled_before_the_destructor_returns) {
  cancel(beat(folder.file("beat", "")));
}
