#include "io/checks/dns_answer.hpp"
#include "io/checks/dns_check.hpp"
#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "tests/io/support/dns_server.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/run_check.hpp"

#include <gtest/gtest.h>

#include <memory>

using namespace std::chrono_literals;
using namespace reeve;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = check_outcome::kind;
using manner = dns_server::manner;
using texts = std::vector<std::string>;

namespace {

struct a_dns_check : testing::Test {
  temp_folder folder;
  dns_server server;
  loop l;
  resolver names{l, asking(folder, server)};

  check_spec watching(const std::string& name, dns_record record, bool the_server) const {
    check_spec spec;
    spec.target =
      dns_check{name, record, the_server ? "127.0.0.1" : "", the_server ? server.port() : 53};
    spec.timeout = 20s;
    return spec;
  }
  check_outcome run(const check_spec& spec) {
    const auto c = make_dns_check(l, names, spec);
    return run_check(l, *c);
  }
  texts answers(const std::string& name, dns_record record) {
    const auto asked = run(watching(name, record, true));
    EXPECT_EQ(asked.what, kind::answered) << asked.reason;
    EXPECT_EQ(run(watching(name, record, false)).answer.answers, asked.answer.answers);
    return asked.answer.answers;
  }
  std::string its_server() const {
    return "name server " + server.address();
  }
};

} // namespace

TEST_F(a_dns_check, brings_addresses) {
  server.add("web.example", dns_server::a, dns_server::ip("192.0.2.1"));
  server.add("web.example", dns_server::a, dns_server::ip("192.0.2.2"));
  server.add("web.example", dns_server::aaaa, dns_server::ip("2001:db8:0::7"));
  EXPECT_EQ(answers("web.example", dns_record::a), (texts{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(answers("web.example", dns_record::aaaa), texts{"2001:db8::7"});
  server.add_alias("www.example", "web.example");
  EXPECT_EQ(answers("www.example", dns_record::a), (texts{"192.0.2.1", "192.0.2.2"}));
}

TEST_F(a_dns_check, brings_names) {
  server.add_alias("www.example", "Web.Example");
  server.add("example", dns_server::ns, dns_server::wire("ns1.example"));
  server.add("7.2.0.192.in-addr.arpa", dns_server::ptr, dns_server::wire("web.example"));
  EXPECT_EQ(answers("www.example", dns_record::cname), texts{"web.example"});
  EXPECT_EQ(answers("example", dns_record::ns), texts{"ns1.example"});
  EXPECT_EQ(answers("7.2.0.192.in-addr.arpa", dns_record::ptr), texts{"web.example"});
}

TEST_F(a_dns_check, brings_mail_servers_services_and_texts) {
  server.add("example", dns_server::mx,
             dns_server::number(10) + dns_server::wire("mail.example.org"));
  server.add("_sip._udp.example", dns_server::srv,
             dns_server::number(5) + dns_server::number(1) + dns_server::number(5'060)
               + dns_server::wire("sip.example"));
  server.add("example", dns_server::txt, "\x06v=spf1\x05 -all");
  EXPECT_EQ(answers("example", dns_record::mx), texts{"10 mail.example.org"});
  EXPECT_EQ(answers("_sip._udp.example", dns_record::srv), texts{"5 1 5060 sip.example"});
  EXPECT_EQ(answers("example", dns_record::txt), texts{"v=spf1 -all"});
}

TEST_F(a_dns_check, fails_for_a_name_without_such_a_record) {
  server.add("example", dns_server::ns, dns_server::wire("ns1.example"));
  auto o = run(watching("nothing.example", dns_record::a, true));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "'nothing.example' has no A record: " + its_server()
                        + " answered NXDOMAIN, there is no such name");
  o = run(watching("example", dns_record::mx, true));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason,
            "'example' has no MX record: " + its_server() + " answered with none of that type");
  server.add_alias("www.example", "nothing.example");
  EXPECT_EQ(run(watching("www.example", dns_record::a, true)).what, kind::failed);
  EXPECT_EQ(run(watching("nothing.example", dns_record::a, false)).reason,
            "'nothing.example' has no A record: the machine's name server answered NXDOMAIN, there "
            "is no such name");
}

TEST_F(a_dns_check, of_a_server_fails_when_that_refuses) {
  server.behave(manner::servfail);
  auto o = run(watching("web.example", dns_record::a, true));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, its_server() + " answered SERVFAIL to a question for A of 'web.example'");
  EXPECT_EQ(run(watching("web.example", dns_record::a, false)).what, kind::not_run);
  server.behave(manner::refused);
  o = run(watching("web.example", dns_record::a, true));
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, its_server() + " answered REFUSED to a question for A of 'web.example'");
  EXPECT_EQ(run(watching("web.example", dns_record::a, false)).what, kind::not_run);
}

TEST_F(a_dns_check, of_a_server_fails_when_that_does_not_answer) {
  server.add("web.example", dns_server::a, dns_server::ip("192.0.2.1"));
  // Nonsense is told of at once by c-ares 1.34; older ones wait for a better answer.
  const auto expect_reason = [](manner m, const std::string& said, const std::string& whose) {
    if (m == manner::garbage && said == whose + " sent an answer that cannot be read")
      return;
    EXPECT_EQ(said, whose + " did not answer within 300 ms");
  };
  for (const auto m : {manner::silent, manner::garbage, manner::wrong_id}) {
    server.behave(m);
    auto spec = watching("web.example", dns_record::a, true);
    spec.timeout = 300ms;
    auto o = run(spec);
    EXPECT_EQ(o.what, kind::failed);
    expect_reason(m, o.reason, its_server());
    spec = watching("web.example", dns_record::a, false);
    spec.timeout = 300ms;
    o = run(spec);
    EXPECT_EQ(o.what, kind::not_run);
    expect_reason(m, o.reason, "the machine's name server");
  }
}

TEST_F(a_dns_check, asks_again_when_a_packet_is_lost) {
  server.add("web.example", dns_server::a, dns_server::ip("192.0.2.1"));
  server.behave(manner::silent);
  auto spec = watching("web.example", dns_record::a, true);
  spec.timeout = 3s;
  const auto c = make_dns_check(l, names, spec);
  std::optional<check_outcome> got;
  c->run([&](check_outcome o) { got = std::move(o); });
  ASSERT_TRUE(run_until(l, [&] { return server.asked("web.example") > 0; }));
  server.behave(manner::good);
  ASSERT_TRUE(run_until(l, [&] { return got.has_value(); }));
  EXPECT_EQ(got->what, kind::answered) << got->reason;
}

TEST_F(a_dns_check, of_a_server_that_is_not_there_is_refused) {
  auto spec = watching("web.example", dns_record::a, true);
  const auto port = free_port();
  std::get<dns_check>(spec.target).port = port;
  spec.timeout = 2s;
  const auto o = run(spec);
  EXPECT_EQ(o.what, kind::failed);
  EXPECT_EQ(o.reason, "name server 127.0.0.1:" + std::to_string(port) + ": connection refused");
}

TEST_F(a_dns_check, was_not_run_without_any_name_server) {
  resolver nobody{l, {folder / "none", folder / "missing"}};
  const auto c = make_dns_check(l, nobody, watching("web.example", dns_record::a, false));
  const auto o = run_check(l, *c);
  EXPECT_EQ(o.what, kind::not_run);
  EXPECT_EQ(o.reason, "cannot ask: no name server is given in '" + (folder / "missing") + "'");
}

TEST_F(a_dns_check, asks_anew_each_time) {
  server.add("web.example", dns_server::a, dns_server::ip("192.0.2.1"));
  for (const bool the_server : {true, false}) {
    const auto c = make_dns_check(l, names, watching("web.example", dns_record::a, the_server));
    const auto before = server.asked("web.example");
    run_check(l, *c);
    run_check(l, *c);
    EXPECT_EQ(server.asked("web.example"), before + 2);
  }
}

TEST_F(a_dns_check, that_is_destroyed_under_way_is_cancelled_and_leaves_no_descriptor) {
  server.behave(manner::silent);
  run_for(l, 1ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i)
    cancel_check(l, make_dns_check(l, names, watching("web.example", dns_record::a, true)),
                 [&] { run_for(l, std::chrono::milliseconds{i % 2}); });
  EXPECT_EQ(open_descriptors(), before);
}

TEST(dns_answer, that_is_cut_off_anywhere_or_lies_is_not_read_beyond_its_end) {
  const auto number = [](std::uint16_t n) { return dns_server::number(n); };
  const std::string record = "\xc0\x0c" + number(dns_server::txt) + number(1) + number(0)
                             + number(60) + number(4) + "\x03" + "abc";
  const auto message = number(1) + number(0x8180) + number(1) + number(1) + number(0) + number(0)
                       + dns_server::wire("a.example") + number(dns_server::txt) + number(1)
                       + record;
  EXPECT_EQ(read_answers(message, dns_record::txt), texts{"abc"});
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(read_answers(message.substr(0, size), dns_record::txt)) << size;
  auto lies = message;
  lies[message.size() - 4] = '\x05'; // the text would end after its record
  EXPECT_FALSE(read_answers(lies, dns_record::txt));
  for (std::size_t i = 0; i < message.size(); ++i)
    for (const char c : {'\x00', '\xff', '\xc0', '\x3f'}) {
      lies = message;
      lies[i] = c;
      for (const auto type : {dns_record::a, dns_record::mx, dns_record::srv, dns_record::txt})
        read_answers(lies, type);
    }
}
