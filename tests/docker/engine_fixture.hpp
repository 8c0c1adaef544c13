#pragma once

#include "io/docker/docker_engine.hpp"
#include "io/loop/loop.hpp"
#include "tests/io/support/until.hpp"
#include "tests/support/docker_host.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reeve::io::test {

using fact = container_fact::kind;

/// A loop of its own for each test, one Docker engine for all of them.
class docker_test : public testing::Test {
protected:
  static void SetUpTestSuite() {
    if (reeve::test::docker_host::possible() && !host_)
      host_ = std::make_unique<reeve::test::docker_host>();
  }

  void SetUp() override {
    if (!host_)
      GTEST_SKIP() << "a Docker engine of our own needs root";
  }

  void TearDown() override {
    engine.reset();
    for (const auto& name : made_)
      host().try_docker({"rm", "-f", name});
  }

  static reeve::test::docker_host& host() {
    return *host_;
  }

  /// A container's name, of which no other test knows.
  std::string name() {
    static int count = 0;
    made_.push_back("box-" + std::to_string(++count));
    return made_.back();
  }

  std::string run(const std::string& script = reeve::test::docker_host::patient,
                  const std::vector<std::string>& options = {}) {
    auto container = name();
    host().run(container, script, options);
    return container;
  }

  void connect(const std::string& socket = host().socket(),
               std::chrono::milliseconds relist = std::chrono::seconds{30}) {
    engine = std::make_unique<docker_engine>(on, socket, relist);
    ASSERT_TRUE(until([this] { return bool{engine->reachable()}; }));
  }

  bool until(const std::function<bool()>& holds) {
    return run_until(on, holds);
  }

  using facts = std::vector<container_fact>;

  /// Watches, and collects what is told.
  std::shared_ptr<facts> watch(const std::string& container) {
    auto told = std::make_shared<facts>();
    engine->watch(container, "test", [told](const container_fact& f) { told->push_back(f); });
    return told;
  }

  /// The same, once the first word has come.
  std::shared_ptr<facts> watch_until(const std::string& container, fact what) {
    auto told = watch(container);
    EXPECT_TRUE(until_told(told, what));
    return told;
  }

  bool until_told(const std::shared_ptr<facts>& told, fact what) {
    return until([&] { return !told->empty() && told->back().what == what; });
  }

  /// Waits for an order's completion.
  operation_outcome wait(const std::function<void(docker_engine::completion)>& order) {
    std::optional<operation_outcome> came;
    order([&](operation_outcome s) { came = std::move(s); });
    EXPECT_FALSE(came) << "a completion comes later";
    EXPECT_TRUE(until([&] { return came.has_value(); }));
    return came.value_or(error{"no answer"});
  }

  container_state inspect(const std::string& container) {
    std::optional<result<container_state>> came;
    engine->inspect(container, [&](result<container_state> r) { came = std::move(r); });
    EXPECT_TRUE(until([&] { return came.has_value(); }));
    EXPECT_TRUE(came && *came) << (came ? came->sentence() : "");
    return came && *came ? **came : container_state{};
  }

  static std::vector<fact> kinds(const std::shared_ptr<facts>& told) {
    std::vector<fact> found;
    for (const auto& f : *told)
      found.push_back(f.what);
    return found;
  }

  loop on;
  std::unique_ptr<docker_engine> engine;

private:
  static inline std::unique_ptr<reeve::test::docker_host> host_;
  std::vector<std::string> made_;
};

} // namespace reeve::io::test
