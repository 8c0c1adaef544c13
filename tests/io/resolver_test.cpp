#include "io/loop/loop.hpp"
#include "io/names/resolver.hpp"
#include "tests/io/support/dns_server.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/scarce_descriptors.hpp"
#include "tests/io/support/until.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <filesystem>
#include <list>
#include <memory>
#include <optional>

using namespace std::chrono_literals;
using namespace reeve::io;
using namespace reeve::io::test;
using kind = resolution::kind;
using manner = dns_server::manner;

namespace {

struct a_resolver : testing::Test {
  temp_folder folder;
  dns_server server;
  loop l;
  std::optional<resolver> names;

  void start(const std::string& more = "", const std::string& hosts = "",
             std::chrono::milliseconds look_again = 1ms) {
    names.emplace(l, asking(folder, server, more, hosts), look_again);
  }

  resolution look_up(const std::string& host, int port = 80) {
    if (!names)
      start();
    std::optional<resolution> got;
    lookup one{*names, host, port, [&](resolution r) { got = std::move(r); }};
    EXPECT_FALSE(got);
    EXPECT_TRUE(run_until(l, [&] { return got.has_value(); }));
    return got.value_or(resolution{});
  }
  std::vector<std::string> addresses(const std::string& host) {
    std::vector<std::string> all;
    for (const auto& a : look_up(host).addresses)
      all.push_back(to_text(a));
    return all;
  }
  using texts = std::vector<std::string>;
};

int port_of(const sockaddr_storage& a) {
  return ntohs(reinterpret_cast<const sockaddr_in&>(a).sin_port);
}

} // namespace

TEST_F(a_resolver, finds_the_addresses_of_both_families_with_the_port) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  server.add("web.example", dns_server::aaaa, dns_server::ip("::1"));
  const auto r = look_up("web.example", 8'080);
  ASSERT_EQ(r.what, kind::found) << r.reason;
  ASSERT_EQ(r.addresses.size(), 2U);
  for (const auto& a : r.addresses)
    EXPECT_EQ(port_of(a), 8'080);
}

TEST_F(a_resolver, takes_addresses_in_digits_as_they_are) {
  EXPECT_EQ(addresses("192.0.2.7"), texts{"192.0.2.7"});
  EXPECT_EQ(addresses("[2001:db8::7]"), texts{"2001:db8::7"});
}

TEST_F(a_resolver, follows_an_alias) {
  server.add_alias("www.example", "host.example");
  server.add("host.example", dns_server::a, dns_server::ip("127.0.0.7"));
  EXPECT_EQ(addresses("www.example"), texts{"127.0.0.7"});
}

TEST_F(a_resolver, believes_the_hosts_file_first) {
  start("", "# ours\n192.0.2.1 db.example db # the first\n192.0.2.2 DB\n::1 db\n");
  EXPECT_EQ(addresses("db.example"), texts{"192.0.2.1"});
  EXPECT_EQ(addresses("Db."), (texts{"192.0.2.1", "192.0.2.2", "::1"}));
  EXPECT_EQ(server.asked("db.example"), 0);
}

TEST_F(a_resolver, searches_the_domains_of_resolv_conf) {
  server.add("db.second.example", dns_server::a, dns_server::ip("127.0.0.7"));
  start("search first.example second.example\noptions ndots:2\n");
  EXPECT_EQ(addresses("db"), texts{"127.0.0.7"});
  EXPECT_GT(server.asked("db.first.example"), 0);
  server.add("a.b", dns_server::a, dns_server::ip("127.0.0.8"));
  EXPECT_EQ(addresses("a.b"), texts{"127.0.0.8"});
  EXPECT_GT(server.asked("a.b.first.example"), 0); // with one dot it is not asked first as it is
}

TEST_F(a_resolver, tells_a_name_that_does_not_exist) {
  const auto r = look_up("nothing.example");
  EXPECT_EQ(r.what, kind::no_such_host);
  EXPECT_EQ(r.reason, "cannot resolve host 'nothing.example'");
  server.add("mail.example", dns_server::mx, "");
  EXPECT_EQ(look_up("mail.example").what, kind::no_such_host);
  EXPECT_EQ(look_up(std::string(64, 'a') + ".example").what, kind::no_such_host);
}

TEST_F(a_resolver, says_nothing_about_the_host_when_the_name_server_does_not_answer_it) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  for (const auto m : {manner::servfail, manner::refused}) {
    server.behave(m);
    const auto r = look_up("web.example");
    EXPECT_EQ(r.what, kind::could_not_ask) << r.reason;
    EXPECT_EQ(r.reason.rfind("cannot resolve host 'web.example': ", 0), 0U) << r.reason;
  }
}

TEST_F(a_resolver, gives_up_a_name_server_that_is_silent_or_talks_nonsense) {
  std::list<temp_folder> folders; // each resolver reads its files when it likes
  std::vector<std::unique_ptr<dns_server>> servers;
  std::vector<std::unique_ptr<resolver>> resolvers;
  std::vector<std::unique_ptr<lookup>> lookups;
  std::vector<resolution> got;
  for (const auto m : {manner::silent, manner::garbage, manner::wrong_id}) {
    servers.push_back(std::make_unique<dns_server>());
    servers.back()->behave(m);
    servers.back()->add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
    resolvers.push_back(
      std::make_unique<resolver>(l, asking(folders.emplace_back(), *servers.back())));
    lookups.push_back(std::make_unique<lookup>(*resolvers.back(), "web.example", 80,
                                               [&](resolution r) { got.push_back(std::move(r)); }));
  }
  ASSERT_TRUE(run_until(l, [&] { return got.size() == 3; }));
  const std::string cannot = "cannot resolve host 'web.example': the name server ";
  std::ptrdiff_t unreadable = 0; // told at once by c-ares 1.34; older ones wait for a better answer
  for (const auto& r : got) {
    EXPECT_EQ(r.what, kind::could_not_ask);
    if (r.reason == cannot + "sent an answer that cannot be read")
      ++unreadable;
    else
      EXPECT_EQ(r.reason, cannot + "does not answer");
  }
  EXPECT_LE(unreadable, 1) << "only one of them talks nonsense";
}

TEST_F(a_resolver, asks_the_next_name_server_when_one_is_gone) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  names.emplace(
    l, name_file_paths{folder / "none",
                       folder.file("two", "nameserver 127.0.0.1:" + std::to_string(free_port())
                                            + "\nnameserver " + server.address() + "\n")});
  EXPECT_EQ(addresses("web.example"), texts{"127.0.0.7"});
}

TEST_F(a_resolver, says_so_when_no_name_server_is_given) {
  names.emplace(l, name_file_paths{folder / "none", folder / "missing"}, 1ms);
  auto r = look_up("web.example");
  EXPECT_EQ(r.what, kind::could_not_ask);
  EXPECT_EQ(r.reason, "cannot resolve host 'web.example': no name server is given in '"
                        + (folder / "missing") + "'");
}

TEST_F(a_resolver, notices_that_its_files_have_changed) {
  names.emplace(l, name_file_paths{folder / "hosts", folder / "resolv.conf"}, 1ms);
  EXPECT_EQ(look_up("web.example").what, kind::could_not_ask);
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  asking(folder, server);
  run_for(l, 2ms);
  EXPECT_EQ(addresses("web.example"), texts{"127.0.0.7"});
  asking(folder, server, "", "192.0.2.1 web.example\n");
  run_for(l, 2ms);
  EXPECT_EQ(addresses("web.example"), texts{"192.0.2.1"});
}

TEST_F(a_resolver, asks_the_new_name_server_what_the_old_one_did_not_answer) {
  server.behave(manner::silent);
  start();
  std::optional<resolution> got;
  lookup waits{*names, "web.example", 80, [&](resolution r) { got = std::move(r); }};
  ASSERT_TRUE(run_until(l, [&] { return server.asked("web.example") > 0; }));
  dns_server other;
  other.add("web.example", dns_server::a, dns_server::ip("127.0.0.8"));
  asking(folder, other);
  run_for(l, 2ms);
  EXPECT_EQ(look_up("web.example").what, kind::found);
  ASSERT_TRUE(got);
  EXPECT_EQ(to_text(got->addresses.at(0)), "127.0.0.8");
}

TEST_F(a_resolver, keeps_an_answer_until_told_to_forget_it) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  look_up("web.example");
  const auto once = server.asked("web.example");
  EXPECT_EQ(once, 2); // for either family
  EXPECT_EQ(addresses("web.example"), texts{"127.0.0.7"});
  EXPECT_EQ(server.asked("web.example"), once);
  server.remove("web.example");
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.8"));
  names->forget("web.example");
  EXPECT_EQ(addresses("web.example"), texts{"127.0.0.8"});
}

TEST_F(a_resolver, keeps_an_answer_no_longer_than_it_says) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"), 1);
  look_up("web.example");
  std::optional<lookup> again;
  EXPECT_TRUE(run_until(l, [&] {
    again.emplace(*names, "web.example", 80, [](const resolution&) {});
    return server.asked("web.example") > 2;
  }));
}

TEST_F(a_resolver, keeps_an_alias_no_longer_than_it_says) {
  server.add_alias("www.example", "host.example", 1);
  server.add("host.example", dns_server::a, dns_server::ip("127.0.0.7"), 30);
  EXPECT_EQ(addresses("www.example"), texts{"127.0.0.7"});
  const int asked = server.asked("www.example");
  run_for(l, 1'100ms);
  EXPECT_EQ(addresses("www.example"), texts{"127.0.0.7"});
  EXPECT_GT(server.asked("www.example"), asked);
}

TEST_F(a_resolver, makes_one_query_of_many_lookups_at_once) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  start();
  std::vector<std::unique_ptr<lookup>> all;
  int found = 0;
  for (int port = 0; port < 100; ++port)
    all.push_back(std::make_unique<lookup>(*names, "web.example", port, [&, port](resolution r) {
      found += r.what == kind::found && port_of(r.addresses.at(0)) == port;
    }));
  ASSERT_TRUE(run_until(l, [&] { return found == 100; }));
  EXPECT_EQ(server.asked("web.example"), 2);
}

TEST_F(a_resolver, tells_nothing_to_a_lookup_that_is_gone) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  start("", "127.0.0.1 here\n");
  look_up("here");
  int calls = 0;
  for (const auto* host : {"web.example", "here", "127.0.0.1"}) {
    lookup gone{*names, host, 80, [&](const resolution&) { ++calls; }};
  }
  std::optional<lookup> gone_by_another;
  lookup another{*names, "web.example", 80, [&](const resolution&) { gone_by_another.reset(); }};
  gone_by_another.emplace(*names, "web.example", 80, [&](const resolution&) { ++calls; });
  ASSERT_TRUE(run_until(l, [&] { return !gone_by_another; }));
  EXPECT_EQ(calls, 0);
}

TEST_F(a_resolver, can_go_while_it_is_reading_or_asking) {
  server.behave(manner::silent);
  start();
  names.reset();
  start();
  {
    lookup reading{*names, "web.example", 80, [](const resolution&) { FAIL(); }};
  }
  names.reset();
  run_for(l, 5ms);
  start();
  {
    lookup asking{*names, "web.example", 80, [](const resolution&) { FAIL(); }};
    ASSERT_TRUE(run_until(l, [&] { return server.asked("web.example") > 0; }));
  }
  names.reset();
  run_for(l, 5ms);
}

TEST_F(a_resolver, leaves_no_descriptor_behind_and_can_do_without) {
  server.add("web.example", dns_server::a, dns_server::ip("127.0.0.7"));
  look_up("web.example");
  run_for(l, 5ms);
  const auto before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    names->forget("web.example");
    look_up("web.example");
  }
  run_for(l, 5ms);
  EXPECT_EQ(open_descriptors(), before);

  names->forget("web.example");
  {
    const scarce_descriptors none{0};
    const auto r = look_up("web.example");
    EXPECT_EQ(r.what, kind::could_not_ask);
    EXPECT_TRUE(r.exhausted) << r.reason;
  }
  EXPECT_EQ(look_up("web.example").what, kind::found);
}
