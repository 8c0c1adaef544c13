#include "supervisor/checks/service_health.hpp"

#include <gtest/gtest.h>

#include <utility>

using namespace std::chrono_literals;

namespace reeve {
namespace {

constexpr mono_time begin{100h};
constexpr wall_time run_began{500'000h};

check_spec check(std::string name, role r = role::liveness) {
  check_spec spec;
  spec.name = std::move(name);
  spec.target = tcp_check{};
  spec.role = r;
  spec.unhealthy_after = 1;
  return spec;
}

check_spec docker_health_of(std::string container) {
  auto spec = check("docker");
  spec.target = docker_check{std::move(container)};
  return spec;
}

service_health::spec_ptr service(restart_target target, std::vector<check_spec> checks) {
  service_spec spec;
  spec.name = "db";
  spec.restart.target = std::move(target);
  spec.checks = std::move(checks);
  return std::make_shared<const service_spec>(std::move(spec));
}

service_health::spec_ptr container(std::vector<check_spec> checks = {}) {
  return service(docker_target{"db"}, std::move(checks));
}

service_health::spec_ptr process(std::vector<check_spec> checks = {}) {
  return service(process_spec{{"db"}}, std::move(checks));
}

const check_verdict ok{check_result::ok, ""};

check_verdict failed(std::string why) {
  return {check_result::failed, std::move(why)};
}

TEST(service_health, of_a_worker_is_good_between_two_runs_and_its_end_is_acted_on) {
  auto spec = *process();
  spec.restart.clean_exit = clean_exit::uncounted;
  service_health h{std::make_shared<const service_spec>(spec), begin};
  h.gone("exited with code 0", true, begin);
  EXPECT_EQ(h.look().health, health::healthy);
  EXPECT_EQ(h.look().liveness, health::unhealthy);
  EXPECT_FALSE(h.look().alive);
  EXPECT_EQ(h.look().reason, "exited with code 0");
  EXPECT_EQ(h.look().failures, 0);
  h.gone("exited with code 1", false, begin);
  EXPECT_EQ(h.look().health, health::unhealthy);
  EXPECT_EQ(h.look().failures, 1);
  h.could_not_start("no such file");
  EXPECT_EQ(h.look().health, health::unhealthy);
}

TEST(service_health, was_good_when_a_liveness_check_said_so_and_not_when_its_healthcheck_did) {
  service_health h{container({check("tcp")}), begin};
  h.container_runs("healthy", "", run_began, begin);
  EXPECT_EQ(h.look().last_good, std::nullopt);
  h.checked(0, ok, false, begin + 1s);
  h.container_runs("healthy", "", run_began, begin + 2s);
  EXPECT_EQ(h.look().last_good, begin + 1s);

  service_health without{container({check("tcp", role::readiness)}), begin};
  without.container_runs("healthy", "", run_began, begin + 2s);
  without.checked(0, ok, false, begin + 3s);
  EXPECT_EQ(without.look().last_good, begin + 2s) << "there is no other";
}

TEST(service_health, is_good_also_when_it_is_degraded) {
  service_health h{container({check("tcp")}), begin};
  h.checked(0, {check_result::degraded, "slow"}, false, begin + 1s);
  EXPECT_EQ(h.look().last_good, begin + 1s);
  h.checked(0, failed("refused"), false, begin + 2s);
  h.checked(0, {check_result::unknown, "no descriptor"}, false, begin + 3s);
  EXPECT_EQ(h.look().last_good, begin + 1s);
}

TEST(service_health, of_a_new_run_knows_nothing_of_the_one_before) {
  service_health h{process({check("tcp")}), begin};
  h.process_runs();
  h.checked(0, ok, false, begin + 1s);
  h.begin(begin + 2s);
  EXPECT_EQ(h.look().last_good, std::nullopt);
  EXPECT_EQ(h.look().health, health::starting);
}

TEST(service_health, of_a_container_is_unknown_without_its_engine_and_no_reason_to_act) {
  service_health h{container({check("tcp", role::readiness)}), begin};
  h.container_runs("unhealthy", "it fails", run_began, begin);
  ASSERT_EQ(h.look().liveness, health::unhealthy);
  h.engine_unreachable("nothing answers");
  EXPECT_EQ(h.look().liveness, health::unknown);
  EXPECT_EQ(h.look().health, health::unhealthy) << "that was said, and is not taken back";
  h.engine_reachable();
  EXPECT_EQ(h.look().liveness, health::unhealthy);
}

TEST(service_health, of_a_container_that_was_gone_counts_no_failure_without_its_engine) {
  service_health h{container(), begin};
  h.gone("exited with code 1", false, begin);
  EXPECT_EQ(h.look().failures, 1);
  h.engine_unreachable("nothing answers");
  const auto p = h.look();
  EXPECT_EQ(p.health, health::unknown);
  EXPECT_EQ(p.liveness, health::unknown);
  EXPECT_EQ(p.reason, "nothing answers");
  EXPECT_EQ(p.check, "container");
  EXPECT_EQ(p.failures, 0);
}

TEST(service_health, that_only_begins_has_its_start_period_from_its_beginning) {
  auto slow = check("tcp");
  slow.start_period = 10s;
  service_health h{process({slow}), begin};
  h.process_runs();
  h.starts(0, "still loading", begin + 6s);
  EXPECT_EQ(h.look().reason, "still loading");
  h.checked(0, failed("refused"), false, begin + 9s);
  EXPECT_EQ(h.look().health, health::starting);
  h.checked(0, failed("refused"), false, begin + 11s);
  EXPECT_EQ(h.look().health, health::unhealthy);

  h.starts(0, "loading again", begin + 20s);
  EXPECT_EQ(h.look().health, health::starting);
  h.checked(0, failed("refused"), false, begin + 29s);
  EXPECT_EQ(h.look().health, health::starting) << "from where it says that it began anew";
}

TEST(service_health, is_told_by_the_first_of_those_that_are_equally_bad) {
  service_health h{process({check("a"), check("b", role::readiness), check("c")}), begin};
  h.process_runs();
  h.checked(0, ok, false, begin);
  h.checked(1, failed("refused"), false, begin);
  h.checked(2, failed("reset"), false, begin);
  EXPECT_EQ(h.look().check, "b");
  EXPECT_EQ(h.look().reason, "refused");
  EXPECT_EQ(h.look().liveness, health::unhealthy);
}

TEST(service_health, takes_its_healthcheck_unless_a_check_looks_at_that_very_container) {
  service_health other{container({docker_health_of("cache")}), begin};
  other.container_runs("unhealthy", "it fails", run_began, begin);
  EXPECT_EQ(other.look().check, "container");
  EXPECT_EQ(other.look().health, health::unhealthy);

  service_health same{container({docker_health_of("db")}), begin};
  same.container_runs("unhealthy", "it fails", run_began, begin);
  EXPECT_EQ(same.look().health, health::starting) << "the check says so in its time";
}

TEST(service_health, is_told_again_where_a_decision_hangs_on_the_difference) {
  service_health h{container(), begin};
  h.gone("exited with code 0", false, begin);
  const auto failed = h.look();
  h.gone("exited with code 0", true, begin);
  EXPECT_FALSE(failed.tells_the_same(h.look())) << "clean";
  h.gone_with_engine("exited with code 0", begin);
  EXPECT_FALSE(failed.tells_the_same(h.look())) << "with its engine";
  h.gone_for_now("exited with code 0", begin);
  EXPECT_FALSE(failed.tells_the_same(h.look())) << "Docker restarts it";
  h.gone("exited with code 0", false, begin + 1h);
  EXPECT_TRUE(failed.tells_the_same(h.look()));
}

TEST(service_health, forgets_the_engine_when_it_is_no_container_any_more) {
  service_health h{container({check("tcp")}), begin};
  h.container_runs("", "", run_began, begin);
  h.engine_unreachable("nothing answers");
  h.respec(service(std::monostate{}, {check("tcp")}), begin);
  EXPECT_FALSE(h.is_unreachable());
  h.checked(0, ok, false, begin + 1s);
  EXPECT_EQ(h.look().liveness, health::healthy);
}

TEST(service_health, hears_from_any_word_of_the_engine_that_it_answers_again) {
  const auto lost = [] {
    service_health h{container(), begin};
    h.engine_unreachable("nothing answers");
    return h;
  };
  auto h = lost();
  h.frozen("paused by a person");
  EXPECT_FALSE(h.is_unreachable());
  h = lost();
  h.gone("exited with code 1", false, begin);
  EXPECT_FALSE(h.is_unreachable());
  h = lost();
  h.container_runs("", "", run_began, begin);
  EXPECT_FALSE(h.is_unreachable());
}

TEST(service_health, in_doubt_has_each_word_said_anew_that_of_a_healthcheck_too) {
  service_health h{container({check("tcp", role::readiness)}), begin};
  h.checked(0, ok, false, begin);
  h.container_runs("healthy", "", run_began, begin);
  ASSERT_EQ(h.look().health, health::healthy);
  h.doubt("its probe was lost");
  h.trust();
  h.checked(0, ok, false, begin + 1s);
  EXPECT_EQ(h.look().health, health::unknown) << "of the HEALTHCHECK nothing was heard";
  EXPECT_EQ(h.look().liveness, health::unknown);
  h.container_runs("healthy", "", run_began, begin + 1s);
  EXPECT_EQ(h.look().health, health::healthy);
}

} // namespace
} // namespace reeve
