#include "io/checks/http_check.hpp"
#include "io/checks/runs_per_connection.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "tests/io/support/certificates.hpp"
#include "tests/io/support/dns_server.hpp"
#include "tests/io/support/run_check.hpp"
#include "tests/io/support/server.hpp"

#include <gtest/gtest.h>
#include <sys/un.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;

namespace {

struct the_way_of_an_http_check : testing::Test {
  temp_folder folder;
  dns_server names;
  loop l;
  std::optional<resolver> asks;
  std::optional<http_share> share;

  the_way_of_an_http_check() {
    ask_with("");
  }

  void ask_with(const std::string& hosts) {
    share.reset();
    asks.emplace(l, asking(folder, names, "", hosts), 1h);
    share.emplace(l, *asks);
  }

  static check_spec http(const std::string& url) {
    http_check target;
    target.url = url;
    check_spec spec;
    spec.target = target;
    spec.timeout = 20s;
    return spec;
  }
  static check_spec kept(const std::string& url) {
    auto spec = http(url);
    target_of(spec).connection = connection_use::kept;
    return spec;
  }
  static http_check& target_of(check_spec& spec) {
    return std::get<http_check>(spec.target);
  }
  std::unique_ptr<check> make(const check_spec& spec) {
    return make_http_check(*share, spec);
  }
  check_outcome run(const check_spec& spec) {
    const auto c = make(spec);
    return run_check(l, *c);
  }
  static std::string named(const std::string& host, int port, const std::string& path = "/") {
    return "http://" + host + ":" + std::to_string(port) + path;
  }
};

/// Counts its connections, and serves each for as many requests as come.
struct patient_server {
  std::atomic<int> connections = 0;
  std::atomic<int> answers_each = 1'000;
  listener server{[this](int fd) {
    ++connections;
    for (int i = 0; i < answers_each && !receive_headers(fd).empty(); ++i)
      send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (answers_each < 1'000)
      receive_headers(fd); // one request that gets no answer
    char c = 0;
    while (recv(fd, &c, 1, 0) > 0) {
    }
    return true;
  }};
};

} // namespace

TEST_F(the_way_of_an_http_check, leads_to_whatever_address_of_the_name_is_served) {
  patient_server s;
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.1"));
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.9"));
  names.add("web.example", dns_server::aaaa, dns_server::ip("::1"));
  const auto o = run(http(named("Web.Example", s.server.port())));
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(o.answer.excerpt, "ok");
}

TEST_F(the_way_of_an_http_check, is_that_of_the_hosts_file_however_the_name_is_written) {
  patient_server s;
  ask_with("127.0.0.1 web.example\n");
  for (const auto* host : {"web.example", "WEB.example", "web.example."}) {
    const auto o = run(http(named(host, s.server.port())));
    EXPECT_EQ(o.what, kind::answered) << host << ": " << o.reason;
  }
}

TEST_F(the_way_of_an_http_check, is_asked_for_anew_after_a_failed_connection) {
  patient_server s;
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.9"));
  const auto c = make(http(named("web.example", s.server.port())));
  EXPECT_EQ(run_check(l, *c).reason, "connection refused");
  names.remove("web.example");
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.1"));
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
}

TEST_F(the_way_of_an_http_check, does_not_exist_or_could_not_be_asked_for) {
  auto o = run(http("http://nothing.example/"));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "cannot resolve host 'nothing.example'");
  names.behave(dns_server::manner::servfail);
  EXPECT_EQ(run(http("http://nothing.example/")).what, kind::not_run);
  names.behave(dns_server::manner::silent);
  auto spec = http("http://nothing.example/");
  spec.timeout = 50ms;
  o = run(spec);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "could not resolve host 'nothing.example' within 50 ms");
}

TEST_F(the_way_of_an_http_check, can_be_broken_off_while_the_name_is_asked_for) {
  names.behave(dns_server::manner::silent);
  auto c = make(http("http://web.example/"));
  int calls = 0;
  c->run([&](const check_outcome& o) {
    ++calls;
    EXPECT_EQ(o.what, kind::cancelled);
  });
  ASSERT_TRUE(run_until(l, [&] { return names.asked("web.example") > 0; }));
  c.reset();
  EXPECT_EQ(calls, 1);
}

TEST_F(the_way_of_an_http_check, goes_with_a_redirect_to_another_name) {
  patient_server s;
  ask_with("127.0.0.1 localhost\n");
  std::string to = "http://localhost:" + std::to_string(s.server.port()) + "/";
  listener hop{[&](int fd) {
    receive_headers(fd);
    send_all(fd, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n");
    return true;
  }};
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.1"));
  auto spec = http(named("web.example", hop.port()));
  target_of(spec).max_redirects = 1;
  auto o = run(spec);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
  to = "http://" + std::string(64, 'a') + ".invalid/";
  o = run(spec);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "cannot resolve host '" + std::string(64, 'a')
                        + ".invalid', where it was redirected to");
}

TEST_F(the_way_of_an_http_check, leads_to_ipv6_addresses) {
  const nginx server{folder, 1, [](const nginx::ports& ports) {
                       const auto port = std::to_string(ports[0]);
                       return "server { listen [::1]:" + port + "; listen 127.0.0.1:" + port
                              + "; location / { return 200 '$server_addr $host'; } }";
                     }};
  auto o = run(http(named("[::1]", server.port(0))));
  EXPECT_EQ(o.answer.excerpt, "::1 [::1]") << o.reason;
  o = run(kept(named("[::1]", server.port(0))));
  EXPECT_EQ(o.answer.excerpt, "::1 [::1]") << o.reason;
  names.add("six.example", dns_server::aaaa, dns_server::ip("::1"));
  o = run(http(named("six.example", server.port(0))));
  EXPECT_EQ(o.answer.excerpt, "::1 six.example") << o.reason;
}

TEST_F(the_way_of_an_http_check, leads_through_a_unix_socket) {
  const auto path = folder / "web.sock";
  {
    const nginx server{folder, 1, [&](const nginx::ports& ports) {
                         return "server { listen unix:" + path
                                + "; listen 127.0.0.1:" + std::to_string(ports[0])
                                + "; location / { return 200 '$server_addr $host'; } }";
                       }};
    auto spec = http("http://nothing.example/");
    target_of(spec).unix_socket = path;
    auto o = run(spec);
    EXPECT_EQ(o.answer.excerpt, "unix:" + path + " nothing.example") << o.reason;
    target_of(spec).connection = connection_use::kept;
    const auto c = make(spec);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(run_check(l, *c).what, kind::answered);
  }
  EXPECT_EQ(names.asked("nothing.example"), 0);
}

TEST_F(the_way_of_an_http_check, says_what_is_wrong_with_a_unix_socket) {
  auto spec = http("http://localhost/");
  const auto path = folder / "web.sock";
  target_of(spec).unix_socket = path;
  auto o = run(spec);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "there is no socket '" + path + "'");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  close(fd);
  o = run(spec);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "nobody listens on socket '" + path + "'");
  target_of(spec).unix_socket = folder / std::string(120, 'x');
  EXPECT_EQ(run(spec).what, kind::not_run);
}

TEST_F(the_way_of_an_http_check, is_a_new_connection_unless_it_is_to_be_kept) {
  patient_server s;
  names.add("web.example", dns_server::a, dns_server::ip("127.0.0.1"));
  const auto fresh = make(http(named("web.example", s.server.port())));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(run_check(l, *fresh).what, kind::answered);
    EXPECT_EQ(s.connections, i);
  }
  const auto keeps = make(kept(named("web.example", s.server.port())));
  const auto others = make(kept(named("web.example", s.server.port())));
  for (int i = 0; i < runs_per_connection; ++i) {
    EXPECT_EQ(run_check(l, *keeps).what, kind::answered);
    EXPECT_EQ(run_check(l, *others).what, kind::answered);
    EXPECT_EQ(s.connections, 5);
  }
  EXPECT_EQ(run_check(l, *keeps).what, kind::answered);
  EXPECT_EQ(s.connections, 6);
  EXPECT_EQ(run_check(l, *keeps).what, kind::answered);
  EXPECT_EQ(s.connections, 6);
}

TEST_F(the_way_of_an_http_check, is_made_anew_when_the_server_has_closed_it) {
  std::atomic<int> connections = 0;
  listener server{[&](int fd) {
    ++connections;
    receive_headers(fd);
    send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    return true;
  }};
  const auto c = make(kept(server.url()));
  for (int i = 1; i <= 3; ++i) {
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.what, kind::answered) << o.reason;
    EXPECT_EQ(connections, i);
  }
}

TEST_F(the_way_of_an_http_check, does_not_hide_for_long_that_nobody_accepts_connections) {
  int port = 0;
  const int door = bound_socket(port);
  listen(door, 8);
  std::thread old_worker{[&] {
    const int fd = accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    close(door);
    while (!receive_headers(fd).empty())
      send_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    close(fd);
  }};
  const auto c = make(kept(named("127.0.0.1", port)));
  for (int i = 0; i < runs_per_connection; ++i)
    EXPECT_EQ(run_check(l, *c).what, kind::answered);
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "connection refused");
  old_worker.join();
}

TEST_F(the_way_of_an_http_check, that_is_kept_may_end_in_silence) {
  patient_server s;
  s.answers_each = 1;
  auto spec = kept(s.server.url());
  spec.timeout = 300ms;
  const auto c = make(spec);
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "no answer within 300 ms");
  EXPECT_EQ(s.connections, 1);
}

namespace {

struct the_kept_way_of_an_https_check : the_way_of_an_http_check {
  certificates made{folder};
  std::optional<nginx> server;

  the_kept_way_of_an_https_check() {
    made.make_self_signed("authority");
    made.make_self_signed("other-authority");
    made.make_signed("good", "authority", "IP:127.0.0.1", 20);
    server.emplace(folder, 1, [&](const nginx::ports& ports) {
      return "server { listen 127.0.0.1:" + std::to_string(ports[0]) + " ssl; ssl_certificate "
             + made.pem("good") + "; ssl_certificate_key " + made.key("good")
             + "; location / { return 200 '$connection_requests'; } }\n";
    });
  }

  check_spec https(const std::string& ca) {
    auto spec = kept(server->url(0, "/", "https"));
    target_of(spec).tls.ca_file = ca;
    return spec;
  }
};

} // namespace

TEST_F(the_kept_way_of_an_https_check, still_tells_how_long_the_certificate_holds) {
  const auto c = make(https(made.pem("authority")));
  for (const auto* requests : {"1", "2", "3"}) {
    const auto o = run_check(l, *c);
    EXPECT_EQ(o.answer.excerpt, requests) << o.reason;
    ASSERT_TRUE(o.answer.certificate_left);
    EXPECT_GT(*o.answer.certificate_left, std::chrono::days{19});
  }
}

TEST_F(the_kept_way_of_an_https_check, is_not_open_to_one_that_trusts_others) {
  auto careless_spec = https("");
  target_of(careless_spec).tls.verify = false;
  const auto careless = make(careless_spec);
  const auto right = make(https(made.pem("authority")));
  const auto wrong = make(https(made.pem("other-authority")));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run_check(l, *careless).what, kind::answered);
    EXPECT_EQ(run_check(l, *right).what, kind::answered);
    const auto o = run_check(l, *wrong);
    EXPECT_EQ(o.what, kind::failed);
    EXPECT_EQ(o.reason, "certificate is not signed by an authority that is trusted here");
  }
}

TEST_F(the_kept_way_of_an_https_check, ends_when_the_authorities_it_trusts_change) {
  const auto c = make(https(folder.file("current.pem", content_of(made.pem("authority")))));
  EXPECT_EQ(run_check(l, *c).what, kind::answered);
  EXPECT_EQ(run_check(l, *c).answer.excerpt, "2");
  std::filesystem::rename(folder.file("next.pem", content_of(made.pem("other-authority"))),
                          folder / "current.pem");
  EXPECT_EQ(run_check(l, *c).what, kind::failed);
}

TEST_F(the_kept_way_of_an_https_check, is_none_where_redirects_may_lead_to_others) {
  auto spec = https(made.pem("authority"));
  target_of(spec).max_redirects = 1;
  const auto c = make(spec);
  EXPECT_EQ(run_check(l, *c).answer.excerpt, "1");
  EXPECT_EQ(run_check(l, *c).answer.excerpt, "1");
}
