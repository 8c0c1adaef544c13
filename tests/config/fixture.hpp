#pragma once

#include "config/load.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace reeve::config {

inline const std::filesystem::path folder{reeve::tests::source_dir() + "/tests/config"};

inline environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
}

/// One line per problem.
inline std::string lines(const std::vector<problem>& problems) {
  std::string all;
  for (auto p : problems) {
    p.file = std::filesystem::path{p.file}.filename();
    all += to_string(p) + "\n";
  }
  return all;
}

/// The problems of `text`; empty if there are none.
inline std::string problems_of(std::string_view text, const environment& env = environment_of({})) {
  const auto result = load_text(text, "reeve.yaml", env);
  const auto* problems = std::get_if<std::vector<problem>>(&result);
  return problems ? lines(*problems) : "";
}

/// What `text`, which must be good, says.
inline loaded good(std::string_view text, const environment& env = environment_of({})) {
  auto result = load_text(text, "reeve.yaml", env);
  if (auto* made = std::get_if<loaded>(&result))
    return std::move(*made);
  ADD_FAILURE() << lines(std::get<1>(result));
  return {};
}

/// The first service of `text`, which must be good.
inline service_spec service(std::string_view text, const environment& env = environment_of({})) {
  const auto made = good(text, env);
  return made.spec.services.empty() ? service_spec{} : made.spec.services.front();
}

/// The first check of a service whose `check:` is `text`.
inline check_spec check(const std::string& text, const environment& env = environment_of({})) {
  const auto made = service("services: {web: {check: " + text + "}}", env);
  return made.checks.empty() ? check_spec{} : made.checks.front();
}

/// The same of its `restart:`.
inline restart_spec restart(const std::string& text) {
  return service("services: {web: {restart: " + text + "}}").restart;
}

} // namespace reeve::config
