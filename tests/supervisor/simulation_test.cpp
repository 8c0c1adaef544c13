#include "supervisor/play/failure_stream.hpp"
#include "supervisor/play/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reeve {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using texts = std::vector<std::string>;

service_spec process(std::string name, milliseconds backoff = 0ms) {
  service_spec s;
  s.name = std::move(name);
  s.restart.target = process_spec{{"./" + s.name}, {}, {}, 15, {}};
  s.restart.backoff = {backoff.count() == 0, backoff, 2, 5min, 0};
  return s;
}

service_spec with_target(service_spec s, restart_target target) {
  s.restart.target = std::move(target);
  return s;
}

service_spec watched(std::string name) {
  return with_target(process(std::move(name)), std::monostate{});
}

daemon_spec all_in_root(std::vector<service_spec> services, strategy how = strategy::one_for_one) {
  daemon_spec spec;
  spec.tree.name = "root";
  spec.tree.strategy = how;
  spec.tree.intensity = {5, 10min};
  spec.tree.cooldown = 10min;
  for (auto& s : services) {
    spec.tree.children.emplace_back(s.name);
    spec.services.push_back(std::move(s));
  }
  return spec;
}

scripted_failure crash(std::string service, milliseconds at) {
  return {at, std::move(service)};
}

scripted_failure clean_end(std::string service, milliseconds at) {
  return {at, std::move(service), true};
}

scripted_failure outage(std::string service, milliseconds at, milliseconds down_for) {
  return {at, std::move(service), false, down_for};
}

struct played {
  texts events; ///< `2000 wait a 1000`
  simulation_result result;

  const service_outcome& of(const std::string& name) const {
    return *std::find_if(result.services.begin(), result.services.end(),
                         [&](const auto& s) { return s.name == name; });
  }
  /// Without those of the first start.
  texts later() const {
    texts some;
    for (const auto& e : events)
      if (!e.starts_with("0 "))
        some.push_back(e);
    return some;
  }
};

played play(const daemon_spec& spec, const scenario& s, std::uint64_t seed = 1) {
  played all;
  all.result = simulate(spec, s, seed, [&all](const simulation_event& e) {
    auto text = std::to_string(e.at.count()) + " " + std::string{to_string(e.what)} + " "
                + std::string{e.name};
    if (e.what == simulation_event::kind::wait)
      text += " " + std::to_string(e.delay.count());
    all.events.push_back(text);
  });
  return all;
}

TEST(simulation, starts_everything_in_the_order_of_the_tree) {
  auto spec = all_in_root({process("late"), watched("database"), process("early")});
  spec.tree.children = {"early", "database", "late"};
  const auto p = play(spec, {});
  EXPECT_EQ(p.events, (texts{"0 start early", "0 start database", "0 start late", "0 healthy early",
                             "0 healthy database", "0 healthy late"}));
}

TEST(simulation, a_crash_waits_for_its_backoff_and_is_cured_by_a_restart) {
  const auto p = play(all_in_root({process("a", 1s)}), {.failures = {crash("a", 2s)}});
  EXPECT_EQ(p.later(),
            (texts{"2000 failed a", "2000 wait a 1000", "3000 start a", "3000 healthy a"}));
  EXPECT_EQ(p.of("a").downtime, 1s);
  EXPECT_EQ(p.of("a").restarts, 1U);
  EXPECT_EQ(p.of("a").give_ups, 0U);
}

TEST(simulation, during_an_outage_every_start_fails) {
  const auto p = play(all_in_root({process("a", 1s)}), {.failures = {outage("a", 10s, 5s)}});
  EXPECT_EQ(p.later(),
            (texts{"10000 failed a", "10000 wait a 1000", "11000 start a", "11000 failed a",
                   "11000 wait a 2000", "13000 start a", "13000 failed a", "13000 wait a 4000",
                   "17000 start a", "17000 healthy a"}));
  EXPECT_EQ(p.of("a").downtime, 7s);
  EXPECT_EQ(p.of("a").restarts, 3U);
  EXPECT_EQ(p.of("a").late.count, 1U);
  EXPECT_EQ(p.of("a").late.total, 2s);
}

TEST(simulation, a_start_at_the_very_end_of_an_outage_succeeds) {
  const auto p = play(all_in_root({process("a", 1s)}), {.failures = {outage("a", 10s, 1s)}});
  EXPECT_EQ(p.later().back(), "11000 healthy a");
}

TEST(simulation, what_is_not_running_does_not_fail) {
  const auto p =
    play(all_in_root({process("a", 10s)}), {.failures = {crash("a", 2s), crash("a", 5s)}});
  EXPECT_EQ(p.later(),
            (texts{"2000 failed a", "2000 wait a 10000", "12000 start a", "12000 healthy a"}));
  EXPECT_EQ(p.of("a").late.longest, 10s);
}

TEST(simulation, an_outage_of_what_is_down_already_still_fails_its_starts) {
  const auto p =
    play(all_in_root({process("a", 10s)}), {.failures = {crash("a", 2s), outage("a", 5s, 30s)}});
  EXPECT_EQ(p.later(),
            (texts{"2000 failed a", "2000 wait a 10000", "12000 start a", "12000 failed a",
                   "12000 wait a 20000", "32000 start a", "32000 failed a", "32000 wait a 40000",
                   "72000 start a", "72000 healthy a"}));
  EXPECT_EQ(p.of("a").late.total, 37s);
}

TEST(simulation, stops_what_falls_with_it_but_not_what_is_down) {
  auto spec =
    all_in_root({process("a", 1s), process("b", 10s), process("c")}, strategy::one_for_all);
  const auto p = play(spec, {.failures = {crash("b", 1s), crash("a", 2s)}});
  EXPECT_EQ(p.later(),
            (texts{"1000 failed b", "1000 wait b 10000", "2000 failed a", "2000 wait a 1000",
                   "3000 stop c", "3000 start a", "3000 start b", "3000 start c", "3000 healthy a",
                   "3000 healthy b", "3000 healthy c"}));
}

TEST(simulation, gives_up_and_tries_carefully_after_the_cooldown) {
  auto spec = all_in_root({process("a")});
  spec.tree.intensity = {1, 10min};
  const auto p = play(spec, {.duration = 30min, .failures = {outage("a", 1s, 11min)}});
  EXPECT_EQ(p.later(), (texts{"1000 failed a", "1000 start a", "1000 failed a", "1000 give_up a",
                              "601000 start a", "601000 failed a", "601000 give_up a",
                              "1201000 start a", "1201000 healthy a"}));
  EXPECT_EQ(p.of("a").give_ups, 2U);
  EXPECT_EQ(p.of("a").downtime, 20min);
}

TEST(simulation, an_exhausted_root_stops_everything_and_is_the_end) {
  auto spec = all_in_root({process("a"), process("b"), process("c")});
  spec.tree.intensity = {0, 10min};
  spec.tree.on_exhausted = on_exhausted::escalate;
  const auto p =
    play(spec, {.duration = 10s, .failures = {crash("b", 1s), crash("a", 2s), crash("c", 3s)}});
  EXPECT_EQ(p.later(), (texts{"1000 failed b", "1000 escalate root", "1000 stop c", "1000 stop a",
                              "1000 exit root"}));
  EXPECT_TRUE(p.result.exited);
  EXPECT_EQ(p.of("a").downtime, 9s);
}

TEST(simulation, a_group_that_escalates_is_told_by_its_name) {
  auto spec = all_in_root({process("a"), process("b")});
  group_spec group;
  group.name = "g";
  group.intensity = {0, 10min};
  group.on_exhausted = on_exhausted::escalate;
  group.children = {"a", "b"};
  spec.tree.children = {group};
  const auto p = play(spec, {.failures = {crash("a", 1s)}});
  EXPECT_EQ(p.later(), (texts{"1000 failed a", "1000 escalate g", "1000 stop b", "1000 start a",
                              "1000 start b", "1000 healthy a", "1000 healthy b"}));
}

TEST(simulation, what_ends_cleanly_is_left_so_by_its_type_and_is_not_down) {
  auto transient = process("a");
  transient.restart.type = restart_type::transient;
  const scenario s{.failures = {clean_end("a", 1s), crash("a", 2s)}};
  const auto left = play(all_in_root({transient}), s);
  EXPECT_EQ(left.later(), (texts{"1000 failed a"}));
  EXPECT_EQ(left.of("a").downtime, 0ms);
  const auto back = play(all_in_root({process("a")}), {.failures = {clean_end("a", 1s)}});
  EXPECT_EQ(back.later(), (texts{"1000 failed a", "1000 start a", "1000 healthy a"}));
}

TEST(simulation, a_service_is_healthy_its_start_time_after_the_start) {
  const auto p = play(all_in_root({process("a"), process("b")}),
                      {.failures = {crash("a", 10s), crash("a", 11s)}, .start_time = {{"a", 3s}}});
  EXPECT_EQ(p.events,
            (texts{"0 start a", "0 start b", "0 healthy b", "3000 healthy a", "10000 failed a",
                   "10000 start a", "11000 failed a", "11000 start a", "14000 healthy a"}));
  EXPECT_EQ(p.of("a").downtime, 3s + 4s);
  EXPECT_EQ(p.of("a").late.total, 3s);
}

TEST(simulation, a_long_healthy_run_lets_the_backoff_begin_anew) {
  const auto p =
    play(all_in_root({process("a", 1s)}),
         {.failures = {crash("a", 10s), crash("a", 20s), crash("a", 10min), crash("a", 20min)}});
  const auto waits = [&] {
    texts some;
    for (const auto& e : p.events)
      if (e.find("wait") != std::string::npos)
        some.push_back(e);
    return some;
  };
  EXPECT_EQ(waits(), (texts{"10000 wait a 1000", "20000 wait a 2000", "600000 wait a 1000",
                            "1200000 wait a 1000"}));
}

TEST(simulation, what_is_only_watched_is_healthy_again_when_its_failure_is_over) {
  const auto p =
    play(all_in_root({watched("a")}),
         {.failures = {crash("a", 1s), outage("a", 2s, 10s), outage("a", 4s, 20s), crash("a", 5s)},
          .start_time = {{"a", 500ms}}});
  EXPECT_EQ(p.events, (texts{"0 start a", "500 healthy a", "1000 failed a", "1000 healthy a",
                             "2000 failed a", "24000 healthy a"}));
  EXPECT_EQ(p.of("a").downtime, 500ms + 22s);
  EXPECT_EQ(p.of("a").restarts, 0U);
}

TEST(simulation, all_restart_targets_are_alike) {
  const auto with = [](const restart_target& target) {
    const auto spec =
      all_in_root({with_target(process("a"), target), with_target(process("b"), target)},
                  strategy::one_for_all);
    return play(spec, {.failures = {crash("a", 1s), outage("b", 2s, 3s)}}).events;
  };
  const auto expected = with(process_spec{{"x"}, {}, {}, 15, {}});
  EXPECT_EQ(with(docker_target{"x"}), expected);
  EXPECT_EQ(with(exec_target{{}, {}, {"restart"}}), expected);
  EXPECT_EQ(with(exec_target{{"start"}, {"stop"}, {}}), expected);
}

TEST(simulation, ends_with_its_duration) {
  const scenario s{.duration = 10s, .failures = {crash("a", 9s), crash("b", 11s)}};
  const auto p = play(all_in_root({process("a", 1s), process("b"), process("c")}), s);
  EXPECT_EQ(p.later(),
            (texts{"9000 failed a", "9000 wait a 1000", "10000 start a", "10000 healthy a"}));
  const auto cut = play(all_in_root({process("a", 4s), process("b")}), s);
  EXPECT_EQ(cut.of("a").downtime, 1s);
  EXPECT_EQ(cut.of("a").late.total, 1s);
}

TEST(simulation, is_the_same_for_the_same_seed_only) {
  auto a = process("a", 1s);
  a.restart.backoff.jitter = 0.5;
  const auto spec = all_in_root({a, process("b")});
  const scenario s{.duration = 24h, .random = {{"a", 1h, 5min}, {"b", 2h}}};
  EXPECT_EQ(play(spec, s, 7).events, play(spec, s, 7).events);
  EXPECT_NE(play(spec, s, 7).events, play(spec, s, 8).events);
}

TEST(failure_stream, merges_what_is_written_in_the_order_of_time) {
  const scenario s{.failures = {crash("b", 2s), crash("a", 1s), crash("c", 2s)}};
  failure_stream stream{s, 1};
  texts names;
  while (stream.next_at() != milliseconds::max())
    names.push_back(*stream.pop().service);
  EXPECT_EQ(names, (texts{"a", "b", "c"}));
}

TEST(failure_stream, spreads_outages_those_that_begin_together_alike) {
  const scenario s{.failures = {outage("a", 1s, 100s), outage("b", 1s, 100s), outage("a", 2s, 100s),
                                crash("a", 3s)},
                   .outage_spread = 0.5};
  failure_stream stream{s, 1};
  std::vector<milliseconds> lengths;
  while (stream.next_at() != milliseconds::max())
    lengths.push_back(stream.pop().down_for);
  ASSERT_EQ(lengths.size(), 4U);
  EXPECT_EQ(lengths[0], lengths[1]);
  EXPECT_NE(lengths[0], lengths[2]);
  EXPECT_EQ(lengths[3], 0ms);
  for (int i = 0; i < 3; ++i) {
    EXPECT_GE(lengths[i], 50s);
    EXPECT_LE(lengths[i], 150s);
  }
}

TEST(failure_stream, random_failures_come_every_mtbf_after_the_last_outage) {
  const scenario s{.random = {{"a", 1h, 10min}, {"b", 1h, 10min}}};
  failure_stream stream{s, 3};
  milliseconds last{0};
  int count = 0;
  for (; stream.next_at() < 70'000h; ++count) {
    const auto f = stream.pop();
    EXPECT_GE(f.at, last);
    EXPECT_EQ(f.down_for, 10min);
    last = f.at;
  }
  EXPECT_NEAR(count, 2 * 60'000, 1'000); // standard deviation: about 300
}

/// The row that no peer has: a few restarts, and back as soon as the dependency is.
TEST(simulation, wakes_a_dependent_when_its_dependency_is_back) {
  auto api = process("api", 1s);
  api.depends_on = {"db"};
  for (auto length = 300s; length <= 900s; length += 60s) {
    scenario s;
    s.duration = 1h;
    s.failures = {outage("db", 10s, length), outage("api", 11s, length - 1s)};
    const auto all = play(all_in_root({watched("db"), api}), s);
    EXPECT_EQ(all.of("api").restarts, 1);
    EXPECT_LE(all.of("api").late.longest, 100ms) << "after the database was back";
  }
}

} // namespace
} // namespace reeve
