#pragma once

#include "supervisor/specs/service_spec.hpp"
#include "tests/support/places.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace reeve::otp {

/// What OTP's supervisor did in one random scenario, as recorded from it.
struct step {
  std::chrono::milliseconds at{0};
  std::string child;
  bool is_normal = false;
  bool is_delivered = false; ///< the child was alive, and so it was killed
  std::vector<std::string> actions;
};

struct scenario {
  long seed = 0;
  nlohmann::json tree;
  std::vector<std::string> boot;
  std::vector<step> steps;
  bool root_lives = true;
};

inline std::vector<scenario> all_scenarios() {
  std::ifstream file{reeve::tests::source_dir() + "/tests/supervisor/otp_traces.jsonl"};
  std::vector<scenario> all;
  for (std::string line; std::getline(file, line);) {
    const auto read = nlohmann::json::parse(line);
    scenario s{read["seed"], read["tree"], read["boot"], {}, read["root_alive"]};
    for (const auto& at : read["steps"])
      s.steps.push_back({std::chrono::milliseconds{at["at_ms"].get<int>()}, at["child"],
                         at["reason"] == "normal", at["delivered"], at["actions"]});
    all.push_back(std::move(s));
  }
  return all;
}

inline restart_type type_of(const nlohmann::json& node) {
  const auto word = node["restart"].get<std::string>();
  for (const auto type :
       {restart_type::permanent, restart_type::transient, restart_type::temporary})
    if (word == to_string(type))
      return type;
  throw std::runtime_error{"unknown type " + word};
}

inline strategy strategy_of(const nlohmann::json& node) {
  const auto word = node["strategy"].get<std::string>();
  for (const auto s : {strategy::one_for_one, strategy::one_for_all, strategy::rest_for_one})
    if (word == to_string(s))
      return s;
  throw std::runtime_error{"unknown strategy " + word};
}

inline intensity intensity_of(const nlohmann::json& node) {
  return {node["intensity"].get<int>(), std::chrono::seconds{node["period_s"].get<int>()}};
}

} // namespace reeve::otp
