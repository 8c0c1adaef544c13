#include "io/checks/redis_failure.hpp"
#include "io/checks/session_check.hpp"
#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/redis_server.hpp"

#include <gtest/gtest.h>

#include <atomic>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

check_spec redis_at(int port) {
  redis_check target;
  target.host = "127.0.0.1";
  target.port = port;
  check_spec spec;
  spec.target = target;
  spec.timeout = 20s;
  return spec;
}

redis_check& target_of(check_spec& spec) {
  return std::get<redis_check>(spec.target);
}

check_spec asking(check_spec spec, const std::string& field, const std::string& expected) {
  spec.expect.fields.push_back({field, parse_comparison(expected)});
  return spec;
}

struct a_redis_check : check_fixture {
  /// What a server that sends this to whoever asks is said to be.
  void expect_answer_to_mean(const std::string& answer, const std::string& reason) {
    listener server{answering(answer, and_then::listens)};
    expect_failure(redis_at(server.port()), reason);
  }
};

} // namespace

TEST_F(a_redis_check, pings_over_tcp_by_address_and_by_name_and_over_a_unix_socket) {
  redis_server server{folder};
  auto spec = redis_at(server.port());
  expect_good(spec);
  target_of(spec).host = "localhost";
  expect_good(spec);
  target_of(spec).unix_socket = server.unix_socket();
  expect_good(spec);
}

TEST_F(a_redis_check, compares_fields_of_info) {
  redis_server server{folder};
  const auto spec = redis_at(server.port());
  expect_good(asking(asking(spec, "role", "master"), "used_memory", "> 1000"));
  expect_failure(asking(spec, "role", "slave"), "role is 'master', expected slave");
  expect_failure(asking(spec, "no_such_field", "1"), "no_such_field is missing, expected 1");
}

TEST_F(a_redis_check, shows_its_password_and_tells_a_wrong_one_apart) {
  redis_server server{folder, "requirepass s3cret\n"};
  auto spec = redis_at(server.port());
  expect_failure(spec, "Redis asks for a password, and none is given");
  target_of(spec).password = "wr0ng";
  expect_failure(spec, "wrong password, or no such user");
  target_of(spec).password = "s3cret";
  expect_good(asking(spec, "role", "master"));
}

TEST_F(a_redis_check, logs_in_as_a_user_with_the_first_line_of_a_file) {
  redis_server server{folder, "user watcher on >s3cret ~* -@all +ping +select\n"};
  auto spec = redis_at(server.port());
  target_of(spec).user = "watcher";
  target_of(spec).password_file = folder.file("password", "s3cret\nnot this\n");
  target_of(spec).database = 3;
  expect_good(spec);
  // Redis 7 says "this user has", Redis 8 "User watcher has".
  const auto said = verdict(asking(spec, "role", "master"));
  EXPECT_EQ(said.result, check_result::failed);
  EXPECT_TRUE(said.reason.starts_with("Redis says 'NOPERM ")
              && said.reason.ends_with(" has no permissions to run the 'info' command'"))
    << said.reason;
  target_of(spec).user = "nobody";
  expect_failure(spec, "wrong password, or no such user");
}

TEST_F(a_redis_check, was_not_run_without_its_password_file) {
  auto spec = redis_at(free_port());
  target_of(spec).password_file = folder / "nothing";
  expect_not_run(spec, "cannot read password file '" + folder / "nothing"
                         + "': No such file or directory");
  target_of(spec).password_file = folder.file("empty", "\n");
  expect_not_run(spec, "the first line of password file '" + folder / "empty"
                         + "' is empty: write the password there");
}

TEST_F(a_redis_check, says_that_there_is_no_such_database) {
  redis_server server{folder};
  auto spec = redis_at(server.port());
  target_of(spec).database = 99;
  expect_failure(spec, "there is no such database");
}

TEST_F(a_redis_check, hears_why_it_is_not_let_in) {
  redis_server server{folder, "maxclients 2\n"};
  std::vector<std::unique_ptr<check>> clients;
  check_outcome o;
  while (o.what == kind::answered && clients.size() < 4) {
    clients.push_back(engine.make(redis_at(server.port())));
    o = run_check(l, *clients.back());
  }
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "Redis has too many clients");
}

TEST_F(a_redis_check, fails_for_a_replica_that_lost_its_master) {
  redis_server server{folder, "replicaof 127.0.0.1 " + std::to_string(free_port())
                                + "\nreplica-serve-stale-data no\n"};
  expect_failure(redis_at(server.port()), "the replica has lost its master");
}

TEST_F(a_redis_check, is_refused) {
  auto spec = redis_at(free_port());
  expect_failure(spec, "connection refused");
  target_of(spec).host = "localhost";
  expect_failure(spec, "connection refused");
  target_of(spec).unix_socket = folder / "none.sock";
  expect_failure(spec, "there is no socket '" + folder / "none.sock" + "'");
}

TEST_F(a_redis_check, cannot_connect_or_gets_no_answer_in_time) {
  full_port full;
  auto spec = redis_at(full.port());
  spec.timeout = 300ms;
  expect_failure(spec, "could not connect within 300 ms");
  listener silent{saying("")};
  target_of(spec).port = silent.port();
  expect_failure(spec, "no answer within 300 ms");
}

TEST_F(a_redis_check, is_reset_or_cut_off) {
  listener silent{answering("")};
  expect_failure(redis_at(silent.port()), "connection closed without an answer");
  listener cutting{answering("+PO")};
  expect_failure(redis_at(cutting.port()), "connection closed in the middle of the answer");
  listener resetting{answering("", and_then::resets)};
  expect_failure(redis_at(resetting.port()), "connection reset without an answer");
}

TEST_F(a_redis_check, fails_for_what_is_not_redis) {
  expect_answer_to_mean("HTTP/1.1 400 Bad Request\r\n\r\n", "the answer is not Redis'");
  expect_answer_to_mean("*2147483647\r\n", "the answer is not Redis'");
  expect_answer_to_mean(":bad\r\n", "the answer is not Redis'");
  expect_answer_to_mean("+OK POP3 server ready\r\n",
                        "the answer to PING is 'OK POP3 server ready', not 'PONG'");
  expect_answer_to_mean("-LOADING Redis is loading the dataset in memory\r\n",
                        "Redis is still loading its data");
}

TEST_F(a_redis_check, does_not_read_an_endless_answer) {
  listener server{[](int fd) {
    send_all(fd, "$900000000\r\n");
    while (send_all(fd, std::string(65'536, 'x'))) {
    }
    return true;
  }};
  expect_failure(redis_at(server.port()), "the answer is larger than 1 MB");
}

TEST_F(a_redis_check, keeps_its_connection_for_some_runs_or_makes_each_anew) {
  redis_server server{folder};
  const auto connections_after = [&](connection_use use, int runs) {
    auto spec = asking(redis_at(server.port()), "total_connections_received", "> 0");
    target_of(spec).connection = use;
    const auto c = engine.make(spec);
    const auto first = run_check(l, *c).answer.fields.at(0).value_or("").text;
    for (int i = 2; i < runs; ++i)
      EXPECT_EQ(run_check(l, *c).what, kind::answered);
    return std::stoi(run_check(l, *c).answer.fields.at(0).value_or("0").text) - std::stoi(first);
  };
  EXPECT_EQ(connections_after(connection_use::kept, runs_per_connection), 0);
  EXPECT_EQ(connections_after(connection_use::kept, runs_per_connection + 1), 1);
  EXPECT_EQ(connections_after(connection_use::fresh, 4), 3);
}

TEST_F(a_redis_check, survives_the_restart_of_its_server_within_one_run) {
  redis_server server{folder};
  const auto c = engine.make(redis_at(server.port()));
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  server.stop();
  server.start();
  auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  server.stop();
  o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "connection refused");
}

TEST_F(a_redis_check, takes_nothing_for_an_answer_that_came_before_it_asked) {
  std::atomic<int> connections = 0;
  listener server{[&](int fd) {
    const bool first = ++connections == 1;
    char request[256];
    while (recv(fd, request, sizeof request, 0) > 0)
      send_all(fd, first ? "+PONG\r\n+PONG\r\n" : "-LOADING\r\n");
    return true;
  }};
  const auto c = engine.make(redis_at(server.port()));
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
}

TEST_F(a_redis_check, does_not_hear_the_answer_to_a_question_of_before) {
  std::atomic<int> connections = 0;
  std::atomic<int> questions = 0;
  listener late{[&](int fd) {
    ++connections;
    char some[256];
    while (recv(fd, some, sizeof some, 0) > 0) {
      if (++questions == 2)
        std::this_thread::sleep_for(400ms);
      send_all(fd, "+PONG\r\n");
    }
    return true;
  }};
  auto spec = redis_at(late.port());
  spec.timeout = 200ms;
  const auto c = engine.make(spec);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(run_check(l, *c).reason, "no answer within 200 ms");
  run_for(l, 400ms);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(connections, 2) << "the late answer is not in the way of a new connection";
}

TEST_F(a_redis_check, notices_that_nobody_new_is_let_in) {
  std::atomic<int> connections = 0;
  listener server{[&](int fd) {
    if (++connections > 1)
      return true;
    char request[256];
    while (recv(fd, request, sizeof request, 0) > 0)
      send_all(fd, "+PONG\r\n");
    return true;
  }};
  const auto c = engine.make(redis_at(server.port()));
  for (int i = 0; i < runs_per_connection; ++i)
    EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(run_check(l, *c).what, kind::failed);
}

TEST_F(a_redis_check, that_is_destroyed_under_way_is_cancelled_before_the_destructor_returns) {
  full_port full;
  auto with_file = redis_at(full.port());
  target_of(with_file).password_file = folder.file("password", "x\n");
  auto named = redis_at(full.port());
  target_of(named).host = "localhost";
  for (const auto& spec : {redis_at(full.port()), named, with_file})
    cancel(spec);
}

TEST_F(a_redis_check, without_a_descriptor_to_spare_was_not_run) {
  expect_not_run_without_descriptors(redis_at(free_port()));
}

TEST_F(a_redis_check, leaves_no_descriptor_behind) {
  redis_server server{folder};
  auto refused = redis_at(free_port());
  target_of(refused).host = "localhost";
  run(refused); // what looking up names opens for good
  run_for(l, 5ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    run(redis_at(server.port()));
    run(refused);
  }
  EXPECT_TRUE(run_until(l, [&] { return open_descriptors() == before; }));
}

TEST(redis_errors, are_told_without_the_secret_they_may_repeat) {
  EXPECT_EQ(explain_redis_error("MISCONF Redis is configured to save RDB snapshots, but", "x"),
            "Redis cannot save its data and refuses writes");
  EXPECT_EQ(explain_redis_error("ERR bad 'hunter2' in\r\nhunter2", "hunter2"),
            "Redis says 'bad '***' in'");
  EXPECT_EQ(explain_redis_error("ERR no\tcaf\xe9...", ""), "Redis says 'no caf?'");
  EXPECT_EQ(explain_redis_error("WEIRD " + std::string(500, 'y'), ""),
            "Redis says 'WEIRD " + std::string(154, 'y') + "...'");
}
