#include "config/scenario.hpp"
#include "tests/config/fixture.hpp"

namespace reeve::config {
namespace {

using namespace std::chrono_literals;

daemon_spec two_services() {
  daemon_spec spec;
  for (const auto* name : {"backend", "postgres"}) {
    service_spec s;
    s.name = name;
    spec.services.push_back(std::move(s));
  }
  return spec;
}

scenario_result read(std::string_view text) {
  return load_scenario_text(text, "scenario.yaml", two_services(),
                            environment_of({{"OUTAGE", "5m"}}));
}

scenario good_scenario(std::string_view text) {
  auto result = read(text);
  if (auto* made = std::get_if<loaded_scenario>(&result))
    return std::move(made->played);
  ADD_FAILURE() << lines(std::get<1>(result));
  return {};
}

std::string complaints(std::string_view text) {
  const auto result = read(text);
  const auto* problems = std::get_if<std::vector<problem>>(&result);
  return problems ? lines(*problems) : "";
}

TEST(a_scenario, has_every_key_there_is) {
  const auto made = good_scenario("duration: 2h\n"
                                  "failures:\n"
                                  "  - {at: 2s, service: backend, exit: crash}\n"
                                  "  - {at: 3s, service: backend, exit: normal}\n"
                                  "  - {at: 10m, service: postgres, down_for: \"${OUTAGE}\"}\n"
                                  "  - {at: 0, service: postgres}\n"
                                  "random:\n"
                                  "  - {service: backend, mtbf: 6h, outage: 4m}\n"
                                  "  - {service: postgres, mtbf: 1d}\n"
                                  "start_time: {backend: 3s, x-note: any, postgres: 0s}\n"
                                  "x-anything: 1\n");
  scenario expected;
  expected.duration = 2h;
  expected.failures = {{2s, "backend", false, 0s},
                       {3s, "backend", true, 0s},
                       {10min, "postgres", false, 5min},
                       {0s, "postgres", false, 0s}};
  expected.random = {{"backend", 6h, 4min}, {"postgres", 24h, 0s}};
  expected.start_time = {{"backend", 3s}, {"postgres", 0s}};
  EXPECT_EQ(made, expected);
}

TEST(a_scenario, lasts_an_hour_and_nothing_happens_unless_it_says_so) {
  EXPECT_EQ(good_scenario("failures: []\n"), scenario{});
}

TEST(a_scenario, tells_every_mistake_in_one_go) {
  EXPECT_EQ(complaints("duraton: 1h\n"
                       "failures:\n"
                       "  - {at: 2s, service: bakend, exit: crsh}\n"
                       "  - {service: postgres, exit: normal, down_for: 3s}\n"
                       "  - {at: 5, down_for: 0s}\n"
                       "  - 7\n"
                       "random:\n"
                       "  - {service: backend, mtbf: 0s}\n"
                       "  - {mtfb: 1h}\n"
                       "  - {}\n"
                       "start_time: {backnd: 3s, postgres: -1s}\n"),
            "scenario.yaml:1:1: duraton: unknown key; did you mean 'duration'?\n"
            "scenario.yaml:3:23: failures[0].service: no service 'bakend' in the config; did you "
            "mean 'backend'?\n"
            "scenario.yaml:3:37: failures[0].exit: must be crash or normal, not 'crsh'; did you "
            "mean 'crash'?\n"
            "scenario.yaml:4:5: failures[1]: needs 'at', when it happens\n"
            "scenario.yaml:4:49: failures[1].down_for: 'exit' and 'down_for' in one failure; "
            "'exit' is over after a restart\n"
            "scenario.yaml:5:5: failures[2]: needs 'service', to which it happens\n"
            "scenario.yaml:5:10: failures[2].at: '5' has no unit; write 5ms, 5s or 5m\n"
            "scenario.yaml:5:23: failures[2].down_for: must be at least 1ms, not '0s'\n"
            "scenario.yaml:6:5: failures[3]: must be a map, not '7'\n"
            "scenario.yaml:8:30: random[0].mtbf: must be at least 1ms, not '0s'\n"
            "scenario.yaml:9:6: random[1].mtfb: unknown key; did you mean 'mtbf'?\n"
            "scenario.yaml:10:5: random[2]: needs 'service', to which it happens\n"
            "scenario.yaml:10:5: random[2]: needs 'mtbf', the mean time between failures\n"
            "scenario.yaml:11:22: start_time.backnd: no service 'backnd' in the config; did you "
            "mean 'backend'?\n"
            "scenario.yaml:11:36: start_time.postgres: '-1s' is no duration; write one such as "
            "250ms, 5s, 1m30s, 2h or 7d\n");
}

TEST(a_scenario, is_a_map_that_says_something) {
  EXPECT_EQ(complaints("# later\n"),
            "scenario.yaml: empty; a scenario has 'failures' or 'random'\n");
  EXPECT_EQ(complaints("[1, 2]\n"), "scenario.yaml:1:1: must be a map, not a list\n");
  EXPECT_EQ(complaints("random: {a: 1}\n"),
            "scenario.yaml:1:9: random: must be a list of random failures, not a map\n");
  EXPECT_EQ(complaints("{failures: [], failures: []}\n"),
            "scenario.yaml:1:16: failures: duplicate key; the first is on line 1\n");
}

TEST(a_scenario, warns_of_what_comes_after_its_end) {
  const auto result = read("{duration: 1m, failures: [{at: 2m, service: backend}]}");
  ASSERT_EQ(result.index(), 0U);
  EXPECT_EQ(lines(std::get<0>(result).warnings),
            "scenario.yaml:1:32: failures[0].at: is never played: it ends after 1m\n");
  const auto last = read("{duration: 1m, failures: [{at: 1m, service: backend}]}");
  ASSERT_EQ(last.index(), 0U);
  EXPECT_EQ(lines(std::get<0>(last).warnings), "") << "at its end it is played";
}

TEST(a_scenario, that_cannot_be_read_is_named) {
  const auto result = load_scenario_file("/nowhere/s.yaml", two_services(), environment_of({}));
  ASSERT_EQ(result.index(), 1U);
  EXPECT_EQ(lines(std::get<1>(result)), "s.yaml: cannot be opened: No such file or directory\n");
}

} // namespace
} // namespace reeve::config
