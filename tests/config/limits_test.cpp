#include "tests/config/fixture.hpp"

// Each limit at exactly its value, and one beyond.

namespace reeve::config {
namespace {

struct limit {
  std::string text; ///< `@` stands for the value
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

std::string of_size(std::size_t n) {
  return std::string(n, 'n');
}

const std::string web = "services: {web: {check: tcp://a:1";

class every_limit : public testing::TestWithParam<limit> {};

TEST_P(every_limit, is_met_exactly) {
  const auto& [text, good, bad] = GetParam();
  const auto with = [&, at = text.find('@')](const std::string& value) {
    return problems_of(std::string{text}.replace(at, 1, value));
  };
  for (const auto& value : good)
    EXPECT_EQ(with(value), "") << text << " with " << value.substr(0, 40);
  for (const auto& value : bad)
    EXPECT_NE(with(value), "") << text << " with " << value.substr(0, 40);
}

INSTANTIATE_TEST_SUITE_P(
  all, every_limit,
  testing::Values(
    limit{web + "}}\nserver: {listen: 'a:@'}", {"0", "65535"}, {"-1", "65536"}},
    limit{web + "}}\nserver: {listen: 'unix:/@'}", {of_size(106)}, {of_size(107), ""}},
    limit{"services: {a: {check: tcp://a:@}}", {"1", "65535"}, {"0", "65536"}},
    limit{"services: {@: {check: tcp://a:1}}", {of_size(128)}, {of_size(129)}},
    limit{"services: {a: {check: {tcp: tcp://a:1, timeout: 1ms, interval: @}}}",
          {"10ms"},
          {"9ms", "0s"}},
    limit{"services: {a: {check: {tcp: tcp://a:1, interval: 5s, timeout: @}}}",
          {"1ms", "5s"},
          {"0s", "5001ms"}},
    limit{"services: {a: {check: {tcp: tcp://a:1, unhealthy_after: @}}}", {"1"}, {"0", "-1"}},
    limit{"services: {a: {check: {tcp: tcp://a:1, healthy_after: @}}}", {"1"}, {"0"}},
    limit{"services: {a: {check: {http: http://a/, redirects: @}}}", {"0", "50"}, {"-1", "51"}},
    limit{"services: {a: {check: {http: http://a/, expect: {status: @}}}}",
          {"100", "599"},
          {"99", "600"}},
    limit{
      "services: {a: {check: {push: {token: 0123456789abcdef, period: @}}}}", {"1s"}, {"999ms"}},
    limit{web + ", restart: {docker: a, backoff: {jitter: @}}}}", {"0", "1"}, {"-0.1", "1.1"}},
    limit{web + ", restart: {docker: a, backoff: {factor: @}}}}", {"1", "100"}, {"0.9", "100.1"}},
    limit{web + ", restart: {docker: a, backoff: {initial: @}}}}", {"1ms"}, {"0s"}},
    limit{web + ", restart: {docker: a, backoff: {initial: 5s, max: @}}}}", {"5s"}, {"4999ms"}},
    limit{web + "}}\ntree: {intensity: {restarts: @, within: 1m}}",
          {"0", "1000000"},
          {"-1", "1000001"}},
    limit{web + "}}\ntree: {intensity: {restarts: 1, within: @}}", {"1ms"}, {"0s"}},
    limit{web + "}}\ntree: {budget: {concurrent: @}}", {"1"}, {"0"}},
    limit{web + "}}\ntree: {budget: {per_minute: @}}", {"1"}, {"0"}},
    limit{web + "}}\ntree: {hold: {cpu: @}}", {"0.01", "100"}, {"-1", "100.1"}}));

} // namespace
} // namespace reeve::config
