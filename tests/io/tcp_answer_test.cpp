#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/tls_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

// tcp checks that say and hear something, over plain TCP, Unix sockets and TLS.

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;
using enum tls_server::behind;

namespace {

const std::string http_request = "GET / HTTP/1.0\r\n\r\n";

/// Reads as much as was said, to its length.
std::string receive(int fd, std::size_t size) {
  std::string text(size, '\0');
  const auto n = recv(fd, text.data(), size, MSG_WAITALL);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

struct a_tcp_check_that_listens : check_fixture {
  static check_spec tcp(int port) {
    check_spec spec;
    spec.target = tcp_check{"127.0.0.1", port};
    spec.timeout = 20s;
    return spec;
  }
  static check_spec asking(int port, const std::string& send, const std::string& contains) {
    auto spec = tcp(port);
    std::get<tcp_check>(spec.target).send = send;
    spec.expect.contains = contains;
    return spec;
  }
};

} // namespace

TEST_F(a_tcp_check_that_listens, says_something_and_is_done_as_soon_as_the_answer_holds) {
  listener server{[](int fd) {
    if (receive(fd, 6) == "PING\r\n")
      send_all(fd, "+PONG\r\n");
    receive(fd, 1); // the connection stays
    return true;
  }};
  const auto o = run(asking(server.port(), "PING\r\n", "PONG"));
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_TRUE(o.answer.contains);
}

TEST_F(a_tcp_check_that_listens, waits_for_a_banner_that_drips) {
  listener server{[](int fd) {
    for (const char c : std::string{"220 mail.example ready\r\n"}) {
      send_all(fd, {&c, 1});
      std::this_thread::sleep_for(1ms);
    }
    receive(fd, 1);
    return true;
  }};
  auto spec = tcp(server.port());
  spec.expect.matches = "^220 .*ready\r\n$";
  EXPECT_EQ(verdict(spec), check_verdict{});
}

TEST_F(a_tcp_check_that_listens, finds_its_answer_late_in_a_long_one_that_drips) {
  listener server{[](int fd) {
    const std::string line(300, 'x');
    for (int i = 0; i < 100; ++i) {
      send_all(fd, line);
      std::this_thread::sleep_for(1ms);
    }
    send_all(fd, "END");
    receive(fd, 1);
    return true;
  }};
  EXPECT_EQ(verdict(asking(server.port(), "", "END")), check_verdict{});
}

TEST_F(a_tcp_check_that_listens, fails_on_another_answer_and_shows_its_beginning) {
  listener server{[](int fd) {
    receive(fd, 6); // closing with something unread would be a reset
    send_all(fd, "-ERR unknown command\r\n");
    return true;
  }};
  expect_failure(asking(server.port(), "PING\r\n", "PONG"),
                 "answer does not contain 'PONG': '-ERR unknown command'");
}

TEST_F(a_tcp_check_that_listens, judges_what_came_when_the_time_is_over) {
  listener partly{saying("+PO")};
  auto spec = asking(partly.port(), "", "PONG");
  spec.timeout = 300ms;
  expect_failure(spec, "answer does not contain 'PONG': '+PO'");
  listener silent{saying("")};
  spec = asking(silent.port(), "", "PONG");
  spec.timeout = 300ms;
  expect_failure(spec, "no answer within 300 ms");
}

TEST_F(a_tcp_check_that_listens, tells_a_closed_from_a_reset_connection) {
  listener closing{[](int fd) {
    receive(fd, 4);
    return true;
  }};
  expect_failure(asking(closing.port(), "PING", "PONG"), "connection closed without an answer");
  listener resetting{[](int fd) {
    receive(fd, 4);
    reset_connection(fd);
    return false;
  }};
  expect_failure(asking(resetting.port(), "PING", "PONG"), "connection reset");
}

TEST_F(a_tcp_check_that_listens, fails_on_a_reset_in_the_middle_of_the_answer) {
  std::atomic<bool> heard = false;
  listener server{[&](int fd) {
    send_all(fd, "+PO");
    while (!heard)
      std::this_thread::sleep_for(1ms);
    reset_connection(fd);
    return false;
  }};
  const auto spec = asking(server.port(), "", "PONG");
  const auto c = engine.make(spec);
  check_outcome got;
  bool ended = false;
  c->run([&](check_outcome o) {
    got = std::move(o);
    ended = true;
  });
  run_for(l, 50ms); // the first part arrives
  heard = true;
  ASSERT_TRUE(run_until(l, [&] { return ended; }));
  EXPECT_EQ(got.what, kind::failed);
  EXPECT_EQ(got.reason, "connection reset in the middle of the answer");
}

TEST_F(a_tcp_check_that_listens, reads_only_so_much_of_an_endless_answer) {
  std::atomic<std::size_t> taken = 0;
  listener server{[&](int fd) {
    const std::string part(1'000, 'y');
    while (send_all(fd, part))
      taken += part.size();
    return true;
  }};
  expect_failure(asking(server.port(), "", "PONG"),
                 "answer does not contain 'PONG': '" + std::string(60, 'y') + "...'");
  EXPECT_LT(taken, 32U * 1'024 * 1'024); // the rest is in the kernel's buffers
}

TEST_F(a_tcp_check_that_listens, is_good_once_it_has_spoken_when_nothing_is_expected) {
  std::atomic<bool> came = false;
  listener server{[&](int fd) {
    came = receive(fd, 7) == "goodbye" && receive(fd, 1).empty();
    return true;
  }};
  auto spec = tcp(server.port());
  std::get<tcp_check>(spec.target).send = "goodbye";
  EXPECT_EQ(run(spec).what, kind::answered);
  EXPECT_TRUE(run_until(l, [&] { return came.load(); }));
}

TEST_F(a_tcp_check_that_listens, judges_the_latency_too) {
  listener server{[](int fd) {
    std::this_thread::sleep_for(30ms);
    send_all(fd, "late");
    receive(fd, 1);
    return true;
  }};
  auto spec = asking(server.port(), "", "late");
  spec.expect.latency.degraded = 10ms;
  EXPECT_EQ(verdict(spec).result, check_result::degraded);
}

TEST_F(a_tcp_check_that_listens, connects_by_ipv6) {
  const auto o = run([] {
    auto spec = tcp(free_port());
    std::get<tcp_check>(spec.target).host = "[::1]";
    return spec;
  }());
  if (o.what == kind::not_run)
    GTEST_SKIP() << "this machine has no IPv6: " << o.reason;
  EXPECT_EQ(o.reason, "connection refused");
}

TEST_F(a_tcp_check_that_listens, that_is_destroyed_in_the_middle_is_cancelled) {
  listener server{saying("+PO")};
  cancel(asking(server.port(), "PING", "PONG"), [&] { run_for(l, 20ms); });
}

// -- Unix sockets and TLS, with a real nginx -------------------------------------

namespace {

struct a_tcp_check_of_nginx : a_tcp_check_that_listens {
  tls_server server{folder};

  check_spec tls(tls_server::behind which, const std::string& contains = "200 OK") const {
    auto spec = asking(server.port(which), http_request, contains);
    std::get<tcp_check>(spec.target).tls = tls_options{};
    tls_of(spec).ca_file = server.made().pem("authority");
    return spec;
  }
  /// Nothing said: the handshake alone.
  check_spec handshake(tls_server::behind which) const {
    auto spec = tls(which);
    std::get<tcp_check>(spec.target).send.clear();
    spec.expect.contains.reset();
    return spec;
  }
  static tls_options& tls_of(check_spec& spec) {
    return *std::get<tcp_check>(spec.target).tls;
  }
};

} // namespace

TEST_F(a_tcp_check_of_nginx, speaks_over_tls_and_tells_how_long_the_certificate_holds) {
  const auto o = run(tls(good));
  ASSERT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_TRUE(o.answer.contains) << o.answer.excerpt;
  ASSERT_TRUE(o.answer.certificate_left);
  EXPECT_GT(*o.answer.certificate_left, std::chrono::days{19});
  EXPECT_LE(*o.answer.certificate_left, std::chrono::days{20});
}

TEST_F(a_tcp_check_of_nginx, is_good_after_the_handshake_when_nothing_is_to_be_said) {
  const auto o = run(handshake(good));
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_TRUE(o.answer.certificate_left);
}

TEST_F(a_tcp_check_of_nginx, tells_the_name_it_asks_for_and_checks_it) {
  auto spec = tls(good, "name=localhost;");
  std::get<tcp_check>(spec.target).host = "localhost";
  EXPECT_EQ(verdict(spec), check_verdict{});
  expect_failure(handshake(wrong_host), "certificate is not for host '127.0.0.1'");
  spec = handshake(expired);
  expect_failure(spec, "certificate expired 3d ago");
  spec = handshake(wrong_host);
  std::get<tcp_check>(spec.target).host = "localhost";
  expect_failure(spec, "certificate is not for host 'localhost'");
}

TEST_F(a_tcp_check_of_nginx, trusts_only_what_its_authority_signed) {
  expect_failure(handshake(self_signed), "certificate is self-signed");
  auto spec = handshake(good);
  const auto reason = "certificate is not signed by an authority that is trusted here";
  tls_of(spec).ca_file = server.made().pem("other-authority");
  expect_failure(spec, reason);
  tls_of(spec).ca_file.clear(); // the system's
  expect_failure(spec, reason);
}

TEST_F(a_tcp_check_of_nginx, accepts_anything_when_told_not_to_verify_and_still_tells_its_end) {
  for (const auto which : {good, wrong_host, self_signed, expired}) {
    auto spec = tls(which);
    tls_of(spec).verify = false;
    const auto o = run(spec);
    ASSERT_EQ(o.what, kind::answered) << o.reason;
    ASSERT_TRUE(o.answer.certificate_left);
    EXPECT_EQ(*o.answer.certificate_left < 0ms, which == expired);
  }
}

TEST_F(a_tcp_check_of_nginx, shows_its_client_certificate) {
  auto spec = tls(client_wanted);
  EXPECT_EQ(verdict(spec).result, check_result::failed);
  tls_of(spec).certificate_file = server.made().pem("client");
  tls_of(spec).key_file = server.made().key("client");
  EXPECT_EQ(verdict(spec), check_verdict{});
}

TEST_F(a_tcp_check_of_nginx, was_not_run_when_its_files_cannot_be_used) {
  auto spec = handshake(good);
  tls_of(spec).ca_file = folder / "nothing.pem";
  auto o = run(spec);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_NE(o.reason.find("nothing.pem"), std::string::npos) << o.reason;
  spec = handshake(client_wanted);
  tls_of(spec).certificate_file = folder.file("garbage.pem", "garbage");
  o = run(spec);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_NE(o.reason.find("garbage.pem"), std::string::npos) << o.reason;
}

TEST_F(a_tcp_check_of_nginx, says_when_the_service_does_not_speak_tls) {
  listener smtp{saying("220 mail.example ready\r\n")};
  for (const int port : {smtp.port(), server.port(plain)}) {
    auto spec = handshake(good);
    std::get<tcp_check>(spec.target).port = port;
    expect_failure(spec, "the service does not speak TLS");
  }
}

TEST_F(a_tcp_check_of_nginx, tells_how_a_handshake_came_to_nothing) {
  auto spec = handshake(good);
  auto& port = std::get<tcp_check>(spec.target).port;
  listener closing{[](int fd) {
    receive(fd, 100);
    return true;
  }};
  port = closing.port();
  const auto v = verdict(spec);
  EXPECT_EQ(v.result, check_result::failed);
  EXPECT_NE(v.reason.find("in the TLS handshake"), std::string::npos) << v.reason;
  listener alarmed{saying(std::string{"\x15\x03\x03\x00\x02\x02\x28", 7})}; // alert 40
  port = alarmed.port();
  EXPECT_EQ(verdict(spec).reason.substr(0, 22), "TLS handshake failed: ");
  listener silent{saying("")};
  port = silent.port();
  spec.timeout = 300ms;
  expect_failure(spec, "no TLS handshake within 300 ms");
}

TEST_F(a_tcp_check_of_nginx, speaks_over_a_unix_socket_and_asks_no_name_of_its_certificate) {
  auto spec = tls(good);
  std::get<tcp_check>(spec.target).host.clear();
  std::get<tcp_check>(spec.target).unix_socket = server.unix_socket();
  EXPECT_EQ(verdict(spec), check_verdict{});
  std::get<tcp_check>(spec.target).tls.reset();
  EXPECT_EQ(verdict(spec).result, check_result::failed) << "TLS only";
  EXPECT_EQ(run(([&] {
              check_spec only;
              only.target = tcp_check{"", 0, server.unix_socket()};
              return only;
            }()))
              .what,
            kind::answered);
}

TEST_F(a_tcp_check_of_nginx, says_what_is_wrong_with_a_unix_socket) {
  check_spec spec;
  spec.target = tcp_check{"", 0, folder / "nothing"};
  expect_failure(spec, "there is no socket '" + (folder / "nothing") + "'");
  spec.target = tcp_check{"", 0, folder.file("file", "")};
  expect_failure(spec, "nobody listens on socket '" + (folder / "file") + "'");
  spec.target = tcp_check{"", 0, "/" + std::string(200, 's')};
  EXPECT_EQ(run(spec).what, kind::not_run);
}

TEST_F(a_tcp_check_of_nginx, leaves_no_descriptor_behind) {
  const auto round = [&] {
    run(tls(good));
    run(handshake(good));
    run(tls(expired));
  };
  round();
  run_for(l, 5ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 5; ++i)
    round();
  EXPECT_TRUE(run_until(l, [&] { return open_descriptors() == before; }));
}

TEST_F(a_tcp_check_of_nginx, may_be_run_again_and_again) {
  const auto c = engine.make(tls(good));
  for (int i = 0; i < 3; ++i) {
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    EXPECT_TRUE(o.answer.contains);
  }
}
