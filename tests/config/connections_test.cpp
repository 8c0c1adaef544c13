#include "config/connections.hpp"
#include "tests/config/fixture.hpp"

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

daemon_spec with_checks(const std::vector<std::string>& checks) {
  std::string text = "services:\n";
  for (const auto& check : checks)
    text += "  s" + std::to_string(text.size()) + ": {check: " + check + "}\n";
  return good(text).spec;
}

double rate_of(const std::string& check) {
  return connections_per_second(with_checks({check}));
}

TEST(connections, are_counted_for_what_opens_one_each_time) {
  EXPECT_DOUBLE_EQ(rate_of("{http: 'http://a/', interval: 100ms}"), 10);
  EXPECT_DOUBLE_EQ(rate_of("{tcp: 'tcp://a:1', interval: 2s}"), 0.5);
  EXPECT_DOUBLE_EQ(rate_of("{redis: 'redis://a', interval: 1s, connection: fresh}"), 1);
  EXPECT_DOUBLE_EQ(rate_of("{postgres: 'postgres://a/b', interval: 1s, connection: fresh}"), 1);
}

TEST(connections, that_are_kept_are_opened_every_tenth_time) {
  EXPECT_DOUBLE_EQ(rate_of("{http: 'http://a/', interval: 1s, connection: kept}"), 0.1);
  EXPECT_DOUBLE_EQ(rate_of("{redis: 'redis://a', interval: 1s}"), 0.1);
  EXPECT_DOUBLE_EQ(rate_of("{postgres: 'postgres://a/b', interval: 1s}"), 0.1);
}

TEST(connections, of_checks_that_follow_redirects_are_never_kept) {
  EXPECT_DOUBLE_EQ(rate_of("{http: 'http://a/', interval: 1s, redirects: 1, connection: kept}"), 1);
}

TEST(connections, to_sockets_and_of_other_kinds_are_none) {
  for (const auto* check :
       {"{http: 'http://unix:/run/a.sock:/', interval: 1s}", "unix:/run/a.sock",
        "{redis: 'unix:///run/redis.sock', connection: fresh}", "{exec: [a]}", "docker://a",
        "{postgres: 'postgres:///a', connection: fresh}", "{icmp: a}", "{dns: a.example}"})
    EXPECT_EQ(rate_of(check), 0) << check;
}

TEST(connection_table, that_is_half_full_is_warned_of_with_the_figures) {
  const auto spec = with_checks({"{http: 'http://a/', interval: 10ms}", "{tcp: 'tcp://b:1', "
                                                                        "interval: 10ms}"});
  EXPECT_EQ(connection_warnings(spec, connection_table{48'000}), std::vector<std::string>{});
  EXPECT_EQ(connection_warnings(spec, connection_table{47'999}),
            (std::vector<std::string>{
              "the checks open 200 connections a second, and this host's connection tracking "
              "remembers each for 2m after its end: 24000 entries, more than half of the 47999 it "
              "holds; when it is full, everybody's new connections are dropped. Raise "
              "net.netfilter.nf_conntrack_max, take longer intervals, or write 'connection: "
              "kept'"}));
}

TEST(connection_table, counts_as_long_as_this_host_remembers) {
  const auto spec = with_checks({"{tcp: 'tcp://b:1', interval: 10ms}"});
  EXPECT_EQ(connection_warnings(spec, connection_table{12'000, 30s}).size(), 0u);
  EXPECT_EQ(connection_warnings(spec, connection_table{12'000, 120s}).size(), 1u);
}

TEST(connection_table, that_is_not_there_is_never_full) {
  EXPECT_EQ(connection_warnings(with_checks({"{tcp: 'tcp://b:1', interval: 10ms}"}), {}).size(),
            0u);
}

TEST(ports, of_one_address_are_warned_of_when_they_run_out) {
  const auto* each = "{http: 'http://user:secret@web:8080/health', interval: 10ms}";
  EXPECT_EQ(connection_warnings(with_checks({each, each, each, each}), {}).size(), 0u);
  EXPECT_EQ(connection_warnings(with_checks({each, each, each, each, each}), {}),
            (std::vector<std::string>{
              "the checks open 500 connections a second to 'web:8080', and a host has ports for "
              "470; take longer intervals, or write 'connection: kept'"}));
}

} // namespace
} // namespace reeve::config
