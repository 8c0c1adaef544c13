#include "actors/daemon_actors.hpp"
#include "io/loop/loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

using namespace reeve;
using namespace reeve::actors;
using namespace std::chrono_literals;

namespace {

/// One process that starts at once, on a real loop and a real clock.
outside small_world(io::loop& loop) {
  outside out;
  out.make_check = [](const check_spec&) { return nullptr; };
  out.carry_out = [&loop](io::operation, const service_spec&, outside::completion done) {
    loop.post([done] { done(std::monostate{}); });
  };
  out.child = [](const std::string&) { return child_state{42, std::nullopt}; };
  out.now = [] {
    using namespace std::chrono;
    return instant{steady_clock::now(), time_point_cast<milliseconds>(system_clock::now())};
  };
  out.random = [] { return 0.0; };
  return out;
}

std::shared_ptr<const daemon_spec> one_process() {
  daemon_spec spec;
  service_spec api;
  api.name = "api";
  api.restart.target = process_spec{{"api"}};
  spec.services = {api};
  spec.tree.name = "root";
  spec.tree.children = {std::string{"api"}};
  return std::make_shared<const daemon_spec>(std::move(spec));
}

} // namespace

TEST(actor_tree, starts_answers_and_ends_on_a_loop) {
  io::loop loop;
  auto alive = false;
  auto ended = false;
  std::string text;
  {
    daemon_actors daemon{loop, {one_process(), small_world(loop), "1", {}}};
    std::function<void()> until_ready = [&] {
      if (!daemon.ready()) {
        loop.call_after(1ms, until_ready);
        return;
      }
      const auto next = daemon.metrics_text();
      for (auto part = next(); !part.empty(); part = next())
        text += part;
      daemon.alive([&](bool is) {
        alive = is;
        daemon.shut_down(1s, [&](const std::vector<std::string>&) {
          ended = true;
          loop.stop();
        });
      });
    };
    loop.post(until_ready);
    loop.run();
    EXPECT_EQ(daemon.snapshot()->find("api")->health, health::healthy);
  }
  EXPECT_TRUE(alive);
  EXPECT_TRUE(ended);
  EXPECT_NE(text.find(R"(reeve_service_up{service="api",group="root"} 1)"), std::string::npos);
}

TEST(actor_tree, can_be_dropped_without_being_shut_down) {
  io::loop loop;
  daemon_actors daemon{loop, {one_process(), small_world(loop), "1", {}}};
  loop.call_after(5ms, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(daemon.snapshot()->find("api")->supervision, supervision::running);
}

TEST(actor_tree, says_once_in_a_turn_of_the_loop_at_most_that_the_snapshot_changed) {
  io::loop loop;
  std::vector<std::uint64_t> turns;
  std::optional<daemon_actors> daemon;
  auto world = small_world(loop);
  world.next_turn = [&](std::function<void()> task) { loop.post(std::move(task)); };
  world.snapshot_changed = [&] {
    turns.push_back(loop.turn());
    if (turns.size() == 20)
      return loop.stop();
    for (auto i = 0; i < 3; ++i)
      daemon->reload(one_process());
  };
  daemon.emplace(loop, daemon_actors::settings{one_process(), world, "1", {}});
  loop.run();
  EXPECT_EQ(turns.size(), 20U);
  EXPECT_EQ(std::adjacent_find(turns.begin(), turns.end()), turns.end());
}
