#include "supervisor/facts/verdict.hpp"

#include <gtest/gtest.h>

namespace reeve {
namespace {

service_picture picture(health h, supervision s = supervision::running) {
  service_picture p;
  p.health = h;
  p.supervision = s;
  return p;
}

overall judged(health fail_on, std::initializer_list<service_picture> services) {
  verdict v{fail_on};
  for (const auto& s : services)
    v.add(s);
  return v.answer();
}

TEST(verdict, maps_health_to_a_code) {
  struct row {
    health h;
    int code;
    int code_if_degraded_fails;
  };
  const row table[] = {
    {health::healthy, 200, 200}, {health::degraded, 200, 503},  {health::starting, 503, 503},
    {health::unknown, 503, 503}, {health::unhealthy, 503, 503},
  };
  for (const auto& row : table) {
    const auto answer = judged(health::unhealthy, {picture(row.h)});
    EXPECT_EQ(answer.status, row.h);
    EXPECT_EQ(answer.http_code, row.code) << to_string(row.h);
    EXPECT_EQ(judged(health::degraded, {picture(row.h)}).http_code, row.code_if_degraded_fails);
  }
}

TEST(verdict, the_worst_counts) {
  const auto answer = judged(health::unhealthy, {picture(health::healthy), picture(health::unknown),
                                                 picture(health::degraded)});
  EXPECT_EQ(answer.status, health::unknown);
  EXPECT_EQ(answer.http_code, 503);
}

TEST(verdict, what_is_as_somebody_wanted_it_does_not_count) {
  for (const auto s : {supervision::ended, supervision::paused, supervision::stopped})
    EXPECT_EQ(judged(health::unhealthy, {picture(health::unhealthy, s)}).http_code, 200);
  for (const auto s : {supervision::running, supervision::waiting, supervision::restarting})
    EXPECT_EQ(judged(health::unhealthy, {picture(health::unhealthy, s)}).http_code, 503);
}

TEST(verdict, what_was_given_up_is_unhealthy_whatever_it_answered) {
  EXPECT_EQ(judged(health::unhealthy, {picture(health::healthy, supervision::given_up)}).http_code,
            503);
}

TEST(verdict, of_nothing_is_healthy) {
  EXPECT_EQ(judged(health::unhealthy, {}).http_code, 200);
}

} // namespace
} // namespace reeve
