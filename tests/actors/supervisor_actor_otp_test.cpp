// What OTP's own supervisor did in random trees, done again.
#include "tests/actors/support/supervisor_fixture.hpp"
#include "tests/support/places.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace reeve::actors {

namespace {

using namespace test;
using json = nlohmann::json;
using names = std::vector<std::string>;

strategy strategy_of(const json& j) {
  if (j == "one_for_all")
    return strategy::one_for_all;
  return j == "rest_for_one" ? strategy::rest_for_one : strategy::one_for_one;
}

restart_type type_of(const json& j) {
  if (j == "temporary")
    return restart_type::temporary;
  return j == "transient" ? restart_type::transient : restart_type::permanent;
}

class otp_trace : public supervisor_test {
protected:
  supervisor_spec spec_of(const json& node) {
    std::vector<child_spec> children;
    for (const auto& c : node["children"]) {
      auto name = c["id"].get<std::string>();
      auto type = type_of(c["restart"]);
      if (c.contains("children"))
        children.push_back(supervisor_child(
          name, [this, c] { return spec_of(c); }, type));
      else
        children.push_back(child(name, type));
    }
    return group(strategy_of(node["strategy"]), std::move(children), node["intensity"],
                 std::chrono::seconds{node["period_s"]});
  }

  void replay_step(const json& step) {
    auto at = std::chrono::milliseconds{step["at_ms"]};
    advance(began_ + at - scheduler_.clock().current_time);
    auto name = step["child"].get<std::string>();
    auto alive = !caf::actor_cast<caf::abstract_actor*>(started_[name])
                    ->getf(caf::abstract_actor::is_cleaned_up_flag);
    EXPECT_EQ(alive, step["delivered"].get<bool>()) << "was " << name << " alive?";
    step["reason"] == "crash" ? tell(name, crash::value) : tell(name, end::value);
    if (root_alive_ && root_end()) {
      root_alive_ = false;
      log_.push_back("stop root");
    }
    EXPECT_EQ(happened(), step["actions"].get<names>()) << step.dump();
  }

  void replay(const json& trace) {
    SCOPED_TRACE("seed " + trace["seed"].dump());
    root_alive_ = true;
    begin(spec_of(trace["tree"]));
    EXPECT_EQ(happened(), trace["boot"].get<names>());
    began_ = scheduler_.clock().current_time;
    for (const auto& step : trace["steps"])
      replay_step(step);
    EXPECT_EQ(root_alive_, trace["root_alive"].get<bool>());
    caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
    run();
    if (root_alive_) {
      EXPECT_TRUE(root_end());
    }
    happened();
  }

  caf::actor_clock::time_point began_;
  bool root_alive_ = true;
};

TEST_F(otp_trace, is_repeated_stop_by_stop_and_start_by_start) {
  std::ifstream file{reeve::tests::source_dir() + "/tests/supervisor/otp_traces.jsonl"};
  auto replayed = 0;
  for (std::string line; std::getline(file, line); ++replayed)
    replay(json::parse(line));
  EXPECT_EQ(replayed, 150);
}

} // namespace

} // namespace reeve::actors
