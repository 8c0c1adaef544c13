#include "io/checks/postgres_failure.hpp"
#include "io/checks/session_check.hpp"
#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/postgres_server.hpp"
#include "tests/io/support/process_facts.hpp"

#include <gtest/gtest.h>

#include <memory>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

check_spec postgres_at(const std::string& url) {
  check_spec spec;
  spec.target = postgres_check{.url = url};
  spec.timeout = 20s;
  return spec;
}

check_spec postgres_at(int port) {
  return postgres_at("postgres://app:s3cret@127.0.0.1:" + std::to_string(port)
                     + "/postgres?sslmode=disable");
}

postgres_check& target_of(check_spec& spec) {
  return std::get<postgres_check>(spec.target);
}

check_spec asking(check_spec spec, const std::string& query, const std::string& field,
                  const std::string& expected) {
  target_of(spec).query = query;
  spec.expect.fields.push_back({field, parse_comparison(expected)});
  return spec;
}

struct a_postgres_client : check_fixture {
  std::string value_of(check& c) {
    const auto o = run_check(l, c);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    return o.answer.fields.empty() ? "" : o.answer.fields[0].value_or("nothing").text;
  }
};

/// With a real server, the same for all of them.
struct a_postgres_check : a_postgres_client {
  static void SetUpTestSuite() {
    server = std::make_unique<postgres_server>();
  }
  static void TearDownTestSuite() {
    server.reset();
  }

  static check_spec here() {
    return postgres_at(server->port());
  }
  /// `authority` is whom the client trusts.
  static check_spec secured(const std::string& host, const std::string& authority) {
    return postgres_at("postgres://app:s3cret@" + host + ":" + std::to_string(server->port())
                       + "/postgres?sslmode=verify-full&sslrootcert="
                       + server->certificates().pem(authority));
  }

  static std::unique_ptr<postgres_server> server;
};

std::unique_ptr<postgres_server> a_postgres_check::server;

} // namespace

TEST_F(a_postgres_check, asks_by_address_by_name_and_over_a_unix_socket) {
  expect_good(here());
  const auto port = std::to_string(server->port());
  expect_good(postgres_at("postgres://app:s3cret@localhost:" + port + "/postgres"));
  expect_good(
    postgres_at("postgresql://app@/postgres?host=" + server->socket_folder() + "&port=" + port));
}

TEST_F(a_postgres_check, compares_the_value_and_counts_the_rows) {
  expect_good(asking(here(), "SELECT 7, 8", "value", "7"));
  expect_failure(asking(here(), "SELECT 'behind'", "value", "< 5"),
                 "value is 'behind', expected < 5");
  expect_failure(asking(here(), "SELECT NULL", "value", "7"), "value is missing, expected 7");
  expect_failure(asking(here(), "SELECT 1 WHERE false", "value", "1"),
                 "value is missing, expected 1");
  expect_failure(asking(here(), "SELECT 1 WHERE false", "rows", "> 0"),
                 "rows is '0', expected > 0");
  expect_good(asking(here(), "SELECT generate_series(1, 200000)", "rows", "200000"));
  expect_good(asking(here(), "SELECT 1.10", "value", "1.1"));
  expect_good(asking(here(), "SELECT '1.10'", "value", "1.10"));
  expect_failure(asking(here(), "SELECT '1.10'", "value", "1.1"),
                 "value is the text '1.10', expected 1.1");
  expect_good(asking(here(), "SELECT '599'", "value", "< 600"));
  expect_good(asking(here(), "SELECT 9007199254740993", "value", "9007199254740993"));
  expect_failure(asking(here(), "SELECT 9007199254740992", "value", "9007199254740993"),
                 "value is '9007199254740992', expected 9007199254740993");
  expect_good(asking(here(), "SET work_mem = '1MB'", "rows", "0"));
  expect_good(asking(here(), "", "rows", "0"));
}

TEST_F(a_postgres_check, says_what_is_wrong_with_its_query) {
  expect_failure(asking(here(), "SELECT * FROM x", "rows", "0"), "relation \"x\" does not exist");
  expect_failure(asking(here(), "SELECT 1/(3-g) FROM generate_series(1, 9) g", "rows", "9"),
                 "division by zero");
  expect_failure(asking(here(), "COPY (SELECT 1) TO STDOUT", "rows", "0"),
                 "the query is a COPY, expected one that returns rows");
  expect_failure(asking(here(), "SELECT repeat('x', 2000000)", "rows", "1"),
                 "the value is larger than 1 MB");
}

TEST_F(a_postgres_check, is_not_let_in) {
  const auto at = "@127.0.0.1:" + std::to_string(server->port());
  expect_failure(postgres_at("postgres://app:wr0ng" + at + "/postgres"),
                 "password authentication failed for user \"app\"");
  expect_failure(postgres_at("postgres://app" + at + "/postgres"),
                 "the server asks for a password, and none is given");
  expect_failure(postgres_at("postgres://app:s3cret" + at + "/nothing"),
                 "database \"nothing\" does not exist");
}

TEST_F(a_postgres_check, takes_the_password_from_a_file_each_time_it_connects) {
  auto spec = postgres_at("postgres://app@127.0.0.1:" + std::to_string(server->port())
                          + "/postgres?sslmode=disable");
  target_of(spec).password_file = folder / "password";
  target_of(spec).connection = connection_use::fresh;
  const auto c = engine.make(spec);
  EXPECT_EQ(run_check(l, *c).reason,
            "cannot read password file '" + folder / "password" + "': No such file or directory");
  folder.file("password", "wr0ng");
  EXPECT_EQ(run_check(l, *c).reason, "password authentication failed for user \"app\"");
  folder.file("password", "s3cret\r\n");
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
}

TEST_F(a_postgres_check, trusts_only_what_its_authority_signed_for_its_host) {
  expect_good(secured("localhost", "authority"));
  expect_failure(secured("localhost", "other-authority"),
                 "certificate is not to be trusted: not signed by an authority of 'sslrootcert', "
                 "or expired");
  const auto o = run(secured("127.0.0.1", "authority"));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_TRUE(o.reason.ends_with("does not match host name \"127.0.0.1\"")) << o.reason;
  expect_not_run(secured("localhost", "none"), "root certificate file \""
                                                 + server->certificates().pem("none")
                                                 + "\" does not exist");
}

TEST_F(a_postgres_check, keeps_its_connection_for_some_runs_or_makes_each_anew) {
  auto spec = asking(here(), "SELECT pg_backend_pid()", "value", "> 0");
  const auto kept = engine.make(spec);
  const auto first = value_of(*kept);
  for (int i = 1; i < runs_per_connection; ++i)
    EXPECT_EQ(value_of(*kept), first);
  EXPECT_NE(value_of(*kept), first);
  target_of(spec).connection = connection_use::fresh;
  const auto fresh = engine.make(spec);
  EXPECT_NE(value_of(*fresh), value_of(*fresh));
}

TEST_F(a_postgres_check, says_that_there_are_too_many_clients) {
  std::vector<std::unique_ptr<check>> clients;
  check_outcome o;
  while (o.what == kind::answered && clients.size() < 20) {
    clients.push_back(engine.make(here()));
    o = run_check(l, *clients.back());
  }
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "sorry, too many clients already");
}

TEST_F(a_postgres_check, survives_the_restart_of_its_server_within_one_run) {
  const auto c = engine.make(here());
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  server->stop();
  server->start();
  EXPECT_EQ(run_check(l, *c).reason, "");
  server->stop();
  EXPECT_EQ(run_check(l, *c).reason, "connection refused");
  server->start();
}

TEST_F(a_postgres_check, notices_that_nobody_new_is_let_in) {
  auto spec = here();
  spec.timeout = 2s;
  const auto c = engine.make(spec);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  server->freeze();
  for (int i = 1; i < runs_per_connection; ++i)
    EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(run_check(l, *c).reason, "no answer within 2 s");
  server->thaw();
}

TEST_F(a_postgres_check, cancels_a_query_that_takes_too_long_or_is_no_longer_wanted) {
  const auto nobody_sleeps =
    asking(here(), "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'",
           "value", "0");
  auto slow = asking(here(), "SELECT pg_sleep(600)", "rows", "1");
  const auto ended = [&] {
    for (int i = 0; i < 300; ++i) {
      if (verdict(nobody_sleeps).reason.empty())
        return true;
      run_for(l, 20ms);
    }
    return false;
  };
  slow.timeout = 1s;
  expect_failure(slow, "no answer within 1 s");
  EXPECT_TRUE(ended());

  slow.timeout = 20s;
  cancel(slow, [&] {
    while (verdict(nobody_sleeps).reason.empty())
      run_for(l, 5ms);
  });
  EXPECT_TRUE(ended());
}

TEST_F(a_postgres_check, keeps_the_servers_notices_to_itself) {
  const auto spec = asking(here(), "DO $$ BEGIN RAISE NOTICE 'noise'; END $$", "rows", "0");
  testing::internal::CaptureStderr();
  expect_good(spec);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(a_postgres_check, leaves_no_descriptor_behind) {
  auto refused = postgres_at("postgres://app@localhost:" + std::to_string(free_port()) + "/x");
  run(here());
  run(refused); // what looking up names opens for good
  run_for(l, 5ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) {
    run(here());
    run(refused);
    run(asking(here(), "SELECT * FROM x", "rows", "0"));
  }
  EXPECT_TRUE(run_until(l, [&] { return open_descriptors() == before; }));
}

TEST_F(a_postgres_client, is_refused) {
  const auto port = std::to_string(free_port());
  expect_failure(postgres_at("postgres://app@127.0.0.1:" + port + "/x"), "connection refused");
  expect_failure(postgres_at("postgres://app@localhost:" + port + "/x"), "connection refused");
  expect_failure(postgres_at("postgres://app@/x?port=5432&host=" + folder.path()),
                 "there is no socket '" + folder / ".s.PGSQL.5432" + "'");
}

TEST_F(a_postgres_client, cannot_connect_or_gets_no_answer_in_time) {
  full_port full;
  auto spec = postgres_at(full.port());
  spec.timeout = 300ms;
  expect_failure(spec, "could not connect within 300 ms");
  listener silent{saying("")};
  spec = postgres_at(silent.port());
  spec.timeout = 300ms;
  expect_failure(spec, "no answer within 300 ms");
}

TEST_F(a_postgres_client, fails_for_what_is_not_postgresql_or_hangs_up) {
  const auto secured_at = [this](int port) {
    return postgres_at("postgres://app@127.0.0.1:" + std::to_string(port) + "/x?sslmode=require");
  };
  listener web{answering("HTTP/1.1 400 Bad Request\r\n\r\n")};
  expect_failure(postgres_at(web.port()), "the answer is not PostgreSQL's");
  expect_failure(secured_at(web.port()), "the answer is not PostgreSQL's");
  listener silent{answering("")};
  expect_failure(postgres_at(silent.port()), "connection closed");
  listener without_tls{answering("N")};
  expect_failure(secured_at(without_tls.port()),
                 "server does not support SSL, but SSL was required");
  listener resetting{answering("", and_then::resets)};
  expect_failure(postgres_at(resetting.port()), "connection closed"); // libpq tells no difference
}

TEST_F(a_postgres_client, does_not_read_endless_garbage) {
  listener server{[](int fd) {
    char request[256];
    (void)recv(fd, request, sizeof request, 0);
    while (send_all(fd, std::string(65'536, 'R'))) {
    }
    return true;
  }};
  EXPECT_EQ(run(postgres_at(server.port())).what, kind::failed);
}

TEST_F(a_postgres_client, was_not_run_with_a_url_that_cannot_be_used_and_keeps_its_secret) {
  expect_not_run(postgres_at("postgres://app:s3/cret@127.0.0.1/x"),
                 "the URL's port is not a number");
  expect_not_run(postgres_at("postgres://127.0.0.1/x?nonsense=s3cret"),
                 "the URL is not one that PostgreSQL's libpq understands");
  expect_not_run(postgres_at("postgres://app@one,two/x"),
                 "the URL names several hosts: give each a check of its own");
  expect_not_run(postgres_at("postgres:///x?service=main"),
                 "the URL names a 'service', which is not supported: name the host");
  expect_not_run(postgres_at("postgres://app@127.0.0.1/x?hostaddr=localhost"),
                 "the URL's hostaddr is not an address in digits");
  expect_not_run(postgres_at("postgres://app@127.0.0.1/x?sslmode=maybe"),
                 "invalid sslmode value: \"maybe\"");
}

TEST_F(a_postgres_client, that_is_destroyed_under_way_is_cancelled_before_the_destructor_returns) {
  full_port full;
  listener silent{saying("")};
  auto with_file = postgres_at(full.port());
  target_of(with_file).password_file = folder.file("password", "x\n");
  for (const auto& spec : {postgres_at(full.port()), postgres_at(silent.port()), with_file,
                           postgres_at("postgres://localhost:" + std::to_string(full.port()))})
    cancel(spec, [&] { run_for(l, 5ms); });
}

TEST_F(a_postgres_client, without_a_descriptor_to_spare_was_not_run) {
  expect_not_run_without_descriptors(postgres_at(free_port()));
}

TEST(postgres_errors, are_told_in_one_sentence_without_the_secret) {
  const auto said = [](const std::string& words) {
    return explain_postgres_error(words, "hunter2").reason;
  };
  const std::string preamble = "connection to server at \"db\" (10.0.0.1), port 5432 failed: ";
  EXPECT_EQ(said(preamble + "FATAL:  the database system is starting up\n"),
            "the database system is starting up");
  EXPECT_EQ(said(preamble + "FATAL:  the database system is shutting down\n"),
            "the database system is shutting down");
  EXPECT_EQ(said(preamble + "FATAL:  no pg_hba.conf entry for host, SSL encryption\n" + preamble
                 + "FATAL:  no pg_hba.conf entry for host, no encryption\n"),
            "no pg_hba.conf entry for host, SSL encryption");
  EXPECT_EQ(said(preamble + "KATASTROPHAL:  hunter2 stimmt nicht\n"), "*** stimmt nicht");
  EXPECT_EQ(said("server closed the connection unexpectedly\n\tThis probably means\n"),
            "connection closed");
  EXPECT_EQ(said("FATAL:  \n"), "refused without a reason");
}

TEST(postgres_errors, of_a_server_that_ran_out_are_the_servers) {
  for (const auto* words : {"out of memory", "could not open file \"x\": Too many open files"}) {
    const auto o = explain_postgres_error(std::string{"FATAL:  "} + words + "\n", "");
    EXPECT_EQ(o.what, kind::failed);
    EXPECT_EQ(o.reason, words);
    EXPECT_FALSE(o.exhausted);
  }
  EXPECT_EQ(explain_postgres_error("out of memory\n", "").what, kind::not_run);
}
