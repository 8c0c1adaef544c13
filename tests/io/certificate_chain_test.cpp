#include "tests/io/support/certificates.hpp"
#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/server.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;
using std::chrono::days;

namespace {

/// A server that also sends what stands between its certificate and the root. Its root ends in
/// 30 days.
struct a_chain_of_certificates : check_fixture {
  certificates made{folder};
  std::optional<nginx> server;

  a_chain_of_certificates() {
    made.make_self_signed("root");
  }

  void serve(const std::string& chain, const std::string& leaf) {
    const auto file = folder.file("chain.pem", chain);
    server.emplace(folder, 1, [&](const nginx::ports& ports) {
      return "server { listen 127.0.0.1:" + std::to_string(ports[0]) + " ssl; ssl_certificate "
             + file + "; ssl_certificate_key " + made.key(leaf)
             + "; location / { return 200; } }\n";
    });
  }
  std::string pem(const std::string& name) const {
    return content_of(made.pem(name));
  }

  check_spec http() const {
    http_check target;
    target.url = server->url(0, "/", "https");
    target.tls.ca_file = made.pem("root");
    return with(target);
  }
  check_spec tcp() const {
    tcp_check target{"127.0.0.1", server->port(0)};
    target.tls.emplace().ca_file = made.pem("root");
    return with(target);
  }
  /// The certificate, without how long it still is.
  std::string which_ends(const check_spec& spec) {
    const auto v = verdict(spec);
    EXPECT_EQ(v.result, check_result::degraded);
    EXPECT_TRUE(v.reason.ends_with(", degraded under 14d")) << v.reason;
    return v.reason.substr(0, v.reason.find(" expires in "));
  }

  static check_spec with(check_target target) {
    check_spec spec;
    spec.target = std::move(target);
    spec.timeout = 20s;
    spec.expect.certificate_left.degraded = days{14};
    return spec;
  }
};

} // namespace

TEST_F(a_chain_of_certificates, ends_with_the_first_of_them) {
  made.make_signed("between", "root", "DNS:between", 3, true);
  made.make_signed("leaf", "between", "IP:127.0.0.1", 300);
  serve(pem("leaf") + pem("between"), "leaf");
  for (const auto& spec : {http(), tcp()})
    EXPECT_EQ(which_ends(spec), "certificate of its authority 'between'");
}

TEST_F(a_chain_of_certificates, ends_with_its_leaf_where_that_is_the_first) {
  made.make_signed("between", "root", "DNS:between", 20, true);
  made.make_signed("leaf", "between", "IP:127.0.0.1", 5);
  serve(pem("leaf") + pem("between"), "leaf");
  for (const auto& spec : {http(), tcp()})
    EXPECT_EQ(which_ends(spec), "certificate");
}

TEST_F(a_chain_of_certificates, has_ended_with_one_between) {
  made.make_signed("between", "root", "DNS:between", -2, true);
  made.make_signed("leaf", "between", "IP:127.0.0.1", 300);
  serve(pem("leaf") + pem("between"), "leaf");
  for (const auto& spec : {http(), tcp()})
    expect_failure(spec, "certificate of its authority 'between' expired 2d ago");
}

TEST_F(a_chain_of_certificates, is_that_by_which_it_was_verified_and_not_all_that_is_sent) {
  made.make_signed("leaf", "root", "IP:127.0.0.1", 300);
  made.make_signed("stray", "root", "DNS:stray", -100, true);
  made.make_signed("unrelated", "root", "DNS:unrelated", 1);
  serve(pem("leaf") + pem("stray") + pem("unrelated"), "leaf");
  for (const auto& spec : {http(), tcp()})
    EXPECT_EQ(verdict(spec).reason, "");
}

TEST_F(a_chain_of_certificates, is_its_leaf_alone_if_nobody_verifies) {
  made.make_signed("between", "root", "DNS:between", 3, true);
  made.make_signed("leaf", "between", "IP:127.0.0.1", 300);
  serve(pem("leaf") + pem("between"), "leaf");
  auto careless = http();
  std::get<http_check>(careless.target).tls.verify = false;
  EXPECT_EQ(verdict(careless).reason, "");
  EXPECT_GT(run(careless).answer.certificate_left, days{290});
}

TEST_F(a_chain_of_certificates, is_the_first_to_end_of_all_that_a_redirect_passes) {
  made.make_signed("short", "root", "IP:127.0.0.1", 4);
  made.make_signed("long", "root", "IP:127.0.0.1", 300);
  const auto block = [&](int port, const std::string& name, const std::string& does) {
    return "server { listen 127.0.0.1:" + std::to_string(port) + " ssl; ssl_certificate "
           + made.pem(name) + "; ssl_certificate_key " + made.key(name) + "; location / { return "
           + does + "; } }\n";
  };
  server.emplace(folder, 2, [&](const nginx::ports& ports) {
    return block(ports[0], "short", "302 https://127.0.0.1:" + std::to_string(ports[1]) + "/")
           + block(ports[1], "long", "200");
  });
  auto spec = http();
  std::get<http_check>(spec.target).max_redirects = 1;
  EXPECT_EQ(which_ends(spec), "certificate");
  EXPECT_LT(run(spec).answer.certificate_left, days{5});
}

namespace {

/// Has a certificate for default.example, and one for app.example for whoever asks for that.
struct a_server_name : a_chain_of_certificates {
  a_server_name() {
    made.make_signed("default", "root", "DNS:default.example", 4);
    made.make_signed("app", "root", "DNS:app.example", 20);
    server.emplace(folder, 1, [&](const nginx::ports& ports) {
      std::string all;
      for (const auto* name : {"default", "app"})
        all += "server { listen 127.0.0.1:" + std::to_string(ports[0]) + " ssl; server_name "
               + std::string{name} + ".example; ssl_certificate " + made.pem(name)
               + "; ssl_certificate_key " + made.key(name)
               + "; location / { return 200 '$ssl_server_name $http_host'; } }\n";
      return all;
    });
  }
};

} // namespace

TEST_F(a_server_name, is_asked_for_and_verified_instead_of_the_host_s) {
  const auto reason = "certificate is not for host '127.0.0.1'";
  auto spec = http();
  expect_failure(spec, reason);
  auto& target = std::get<http_check>(spec.target);
  target.tls.server_name = "app.example";
  const auto address = "127.0.0.1:" + std::to_string(server->port(0));
  for (const auto use : {connection_use::fresh, connection_use::kept}) {
    target.connection = use;
    const auto c = engine.make(spec);
    for (int i = 0; i < 3; ++i) {
      const auto o = run_check(l, *c);
      EXPECT_EQ(o.answer.excerpt, "app.example " + address) << o.reason;
      EXPECT_EQ(judge(spec.expect, o).reason, "");
    }
  }
  target.headers = {{"host", "front.example"}};
  EXPECT_EQ(run(spec).answer.excerpt, "app.example front.example");
  target.tls.server_name = "other.example";
  expect_failure(spec, "certificate is not for host 'other.example'");
}

TEST_F(a_server_name, is_that_of_a_host_found_by_name_too) {
  auto spec = http();
  auto& target = std::get<http_check>(spec.target);
  target.url = "https://localhost:" + std::to_string(server->port(0)) + "/";
  target.tls.server_name = "app.example";
  EXPECT_EQ(run(spec).answer.excerpt, "app.example localhost:" + std::to_string(server->port(0)));
}

TEST_F(a_server_name, is_for_tcp_checks_the_same) {
  auto spec = tcp();
  expect_failure(spec, "certificate is not for host '127.0.0.1'");
  auto& target = std::get<tcp_check>(spec.target);
  target.tls->server_name = "app.example";
  EXPECT_EQ(verdict(spec).reason, "");
  target.tls->server_name = "other.example";
  expect_failure(spec, "certificate is not for host 'other.example'");
}
