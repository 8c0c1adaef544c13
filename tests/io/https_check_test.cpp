#include "tests/io/support/check_fixture.hpp"
#include "tests/io/support/listener.hpp"
#include "tests/io/support/tls_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <vector>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;
using enum tls_server::behind;

namespace {

struct an_https_check : check_fixture {
  tls_server server{folder};

  check_spec https(tls_server::behind which) const {
    http_check target;
    target.url = server.url(which);
    target.tls.ca_file = server.made().pem("authority");
    check_spec spec;
    spec.target = target;
    spec.timeout = 20s;
    return spec;
  }
  static tls_options& tls_of(check_spec& spec) {
    return std::get<http_check>(spec.target).tls;
  }
};

} // namespace

TEST_F(an_https_check, trusts_what_its_authority_signed_and_tells_how_long_it_holds) {
  const auto o = run(https(good));
  ASSERT_EQ(o.what, kind::answered) << o.reason;
  EXPECT_EQ(o.answer.excerpt, "secret, name=;") << "an address is no name to ask for";
  ASSERT_TRUE(o.answer.certificate_left);
  EXPECT_GT(*o.answer.certificate_left, std::chrono::days{19});
  EXPECT_LE(*o.answer.certificate_left, std::chrono::days{20});
}

TEST_F(an_https_check, fails_for_an_authority_it_does_not_trust) {
  const auto reason = "certificate is not signed by an authority that is trusted here";
  auto spec = https(good);
  EXPECT_EQ(run(spec).what, kind::answered); // what this one trusts is no other's
  tls_of(spec).ca_file = server.made().pem("other-authority");
  expect_failure(spec, reason);
  tls_of(spec).ca_file = ""; // the system's
  expect_failure(spec, reason);
}

TEST_F(an_https_check, says_what_is_wrong_with_the_certificate) {
  expect_failure(https(expired), "certificate expired 3d ago");
  expect_failure(https(wrong_host), "certificate is not for host '127.0.0.1'");
  expect_failure(https(self_signed), "certificate is self-signed");
}

TEST_F(an_https_check, accepts_anything_when_told_not_to_verify_and_still_tells_its_end) {
  for (const auto which : {good, wrong_host, self_signed, expired}) {
    auto spec = https(which);
    tls_of(spec).verify = false;
    const auto o = run(spec);
    ASSERT_EQ(o.what, kind::answered) << o.reason;
    ASSERT_TRUE(o.answer.certificate_left);
    EXPECT_EQ(*o.answer.certificate_left < 0ms, which == expired);
  }
}

TEST_F(an_https_check, shows_its_client_certificate) {
  auto spec = https(client_wanted);
  EXPECT_EQ(run(spec).answer.status, 400);
  tls_of(spec).certificate_file = server.made().pem("client");
  tls_of(spec).key_file = server.made().key("client");
  const auto o = run(spec);
  EXPECT_EQ(o.answer.status, 200) << o.reason;
}

TEST_F(an_https_check, was_not_run_when_its_files_cannot_be_used) {
  auto spec = https(good);
  tls_of(spec).ca_file = folder / "nothing.pem";
  auto o = run(spec);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_NE(o.reason.find("nothing.pem"), std::string::npos) << o.reason;
  tls_of(spec).ca_file = folder.file("garbage.pem", "garbage");
  EXPECT_EQ(run(spec).what, kind::not_run);
  spec = https(client_wanted);
  tls_of(spec).certificate_file = folder / "no-client.pem";
  o = run(spec);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_NE(o.reason.find("no-client.pem"), std::string::npos) << o.reason;
  tls_of(spec).certificate_file = folder / "garbage.pem";
  EXPECT_EQ(run(spec).what, kind::not_run);
}

TEST_F(an_https_check, reads_a_changed_ca_file_again) {
  auto spec = https(good);
  tls_of(spec).ca_file =
    folder.file("current.pem", content_of(server.made().pem("other-authority")));
  const auto c = engine.make(spec);
  EXPECT_EQ(run_check(l, *c).what, kind::failed);
  std::filesystem::rename(folder.file("next.pem", content_of(server.made().pem("authority"))),
                          folder / "current.pem");
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::answered) << o.reason;
}

TEST_F(an_https_check, follows_from_plain_to_tls) {
  auto spec = https(good);
  std::get<http_check>(spec.target).url = server.url(plain, "http");
  std::get<http_check>(spec.target).max_redirects = 1;
  const auto o = run(spec);
  EXPECT_EQ(o.answer.status, 200) << o.reason;
  EXPECT_TRUE(o.answer.certificate_left);
}

TEST_F(an_https_check, of_a_port_without_tls_says_so) {
  expect_failure(https(plain), "the service does not speak TLS");
}

TEST_F(an_https_check, times_out_in_the_handshake) {
  listener silent{saying("")};
  auto spec = https(good);
  std::get<http_check>(spec.target).url = silent.url("https");
  spec.timeout = 500ms;
  expect_failure(spec, "no TLS handshake within 500 ms");
}

TEST_F(an_https_check, is_one_of_a_hundred_at_once) {
  const auto spec = https(good);
  std::vector<std::unique_ptr<check>> checks;
  int answered = 0;
  int ended = 0;
  for (int i = 0; i < 100; ++i) {
    checks.push_back(engine.make(spec));
    checks.back()->run([&](const check_outcome& o) {
      answered += o.what == kind::answered;
      ++ended;
    });
  }
  ASSERT_TRUE(run_until(l, [&] { return ended == 100; }));
  EXPECT_EQ(answered, 100);
}
