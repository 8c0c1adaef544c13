#include "io/restart_targets.hpp"
#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/support/hung_mount.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

// What a file system that hangs does to those who need it, and to nobody else.

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct a_hung_mount : check_fixture {
  temp_folder behind;
  std::optional<reeve::test::hung_mount> mount;

  void SetUp() override {
    if (!reeve::test::hung_mount::possible())
      GTEST_SKIP() << "needs root and /dev/fuse";
    std::filesystem::create_directory(folder / "mount");
    behind.file("beat", "");
    behind.file("facts.json", "{}");
    std::filesystem::permissions(behind.file("check", "#!/bin/sh\nexit 0\n"),
                                 std::filesystem::perms{0755});
    mount.emplace(behind.path(), folder / "mount");
    ASSERT_TRUE(mount->mounted());
  }

  static check_spec exec(const std::vector<std::string>& argv) {
    check_spec spec;
    spec.target = exec_check{argv};
    spec.timeout = 300ms;
    return spec;
  }
  static check_spec beat(const std::string& file) {
    check_spec spec;
    spec.target = heartbeat_check{file};
    spec.timeout = 300ms;
    return spec;
  }
  /// How many children we have.
  static int children() {
    int n = 0;
    std::ifstream list{"/proc/thread-self/children"};
    for (int pid = 0; list >> pid;)
      ++n;
    return n;
  }
  bool answers(check& c) {
    for (int i = 0; i < 200; ++i)
      if (run_check(l, c).what == kind::answered)
        return true;
    return false;
  }
};

} // namespace

TEST_F(a_hung_mount, makes_an_exec_check_of_a_program_on_it_unknown_at_its_timeout) {
  const auto program = *mount / "check";
  const auto c = engine.make(exec({program}));
  ASSERT_EQ(run_check(l, *c).what, kind::answered);
  run_for(l, 20ms);
  const int before = children();
  mount->hang();
  std::optional<check_outcome> came;
  c->run([&](check_outcome o) { came = std::move(o); });
  EXPECT_EQ(run(exec({"/bin/true"})).what, kind::answered) << "beside it";
  ASSERT_TRUE(run_until(l, [&] { return came.has_value(); }));
  EXPECT_EQ(came->what, kind::not_run);
  const auto reason =
    "cannot run '" + program + "': it did not start in time; a file system that it needs may hang";
  EXPECT_EQ(came->reason, reason);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(run_check(l, *c).reason, reason);
  EXPECT_TRUE(run_until(l, [&] { return children() <= before; })) << "what hung is left";
  mount->go_on();
  EXPECT_TRUE(answers(*c));
}

TEST_F(a_hung_mount, in_path_or_as_what_a_program_reads_holds_that_check_alone) {
  const auto path = std::string{getenv("PATH")};
  mount->hang();
  setenv("PATH", (folder / "mount:" + path).c_str(), 1);
  const auto searching = engine.make(exec({"true"}));
  const auto o = run_check(l, *searching);
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(o.what, kind::not_run) << o.reason;
  const auto reading = engine.make(exec({"cat", *mount / "beat"}));
  const auto r = run_check(l, *reading);
  EXPECT_EQ(r.what, kind::failed) << "it ran";
  EXPECT_EQ(r.reason, "did not end within 300 ms");
  EXPECT_EQ(run(exec({"true"})).what, kind::answered);
  mount->go_on();
  EXPECT_TRUE(answers(*searching));
  EXPECT_TRUE(answers(*reading));
}

TEST_F(a_hung_mount, with_many_file_checks_holds_up_no_other_file) {
  mount->hang();
  std::vector<std::unique_ptr<check>> hung;
  int unknown = 0;
  for (int i = 0; i < 8; ++i) {
    hung.push_back(engine.make(beat(*mount / ("beat" + std::to_string(i)))));
    hung.back()->run([&](const check_outcome& o) { unknown += o.what == kind::not_run ? 1 : 0; });
  }
  EXPECT_EQ(run(beat(folder.file("beat", ""))).what, kind::answered);
  EXPECT_TRUE(run_until(l, [&] { return unknown == 8; }));
  EXPECT_EQ(run(beat(folder / "beat")).what, kind::answered);
  mount->go_on();
}

TEST_F(a_hung_mount, holds_a_restart_command_on_it_and_no_other) {
  child_processes children{l, reeve::tests::binary_dir() + "/reeve-launcher", {}};
  restart_targets targets{l, children, nullptr};
  service_spec stuck;
  stuck.name = "stuck";
  stuck.restart.target = exec_target{{}, {}, {*mount / "check"}};
  service_spec good;
  good.name = "good";
  good.restart.target = exec_target{{}, {}, {"/bin/true"}};
  mount->hang();
  std::optional<status> of_stuck, of_good;
  targets.carry_out(operation::restart, stuck, [&](status s) { of_stuck = std::move(s); });
  targets.carry_out(operation::restart, good, [&](status s) { of_good = std::move(s); });
  ASSERT_TRUE(run_until(l, [&] { return of_good.has_value(); }));
  EXPECT_TRUE(*of_good);
  EXPECT_FALSE(of_stuck);
  mount->go_on();
  ASSERT_TRUE(run_until(l, [&] { return of_stuck.has_value(); }));
  EXPECT_TRUE(*of_stuck);
}

TEST_F(a_hung_mount, with_the_certificates_or_the_socket_of_a_check_makes_that_one_unknown) {
  behind.file("ca.pem", "");
  check_spec of_http;
  of_http.timeout = 300ms;
  http_check web{"https://127.0.0.1:1/"};
  web.tls.ca_file = *mount / "ca.pem";
  of_http.target = web;
  check_spec of_redis;
  of_redis.timeout = 300ms;
  redis_check redis;
  redis.unix_socket = *mount / "redis.sock";
  of_redis.target = redis;
  EXPECT_EQ(run(of_redis).what, kind::failed) << "there is no such socket";
  mount->hang();
  const auto http = engine.make(of_http);
  std::optional<check_outcome> came;
  http->run([&](check_outcome o) { came = std::move(o); });
  EXPECT_EQ(run(exec({"/bin/true"})).what, kind::answered) << "beside it";
  EXPECT_EQ(run(of_redis).reason,
            "reading file '" + redis.unix_socket + "' takes longer than 300 ms");
  ASSERT_TRUE(run_until(l, [&] { return came.has_value(); }));
  EXPECT_EQ(came->what, kind::not_run);
  EXPECT_EQ(came->reason, "reading file '" + web.tls.ca_file + "' takes longer than 300 ms");
  cancel(of_http);
  mount->go_on();
}
