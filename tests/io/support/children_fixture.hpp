#pragma once

#include "io/loop/loop.hpp"
#include "io/processes/child_processes.hpp"
#include "tests/io/support/process_facts.hpp"
#include "tests/io/support/until.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reeve::io {

using test::run_until;

inline const std::string launcher_path = reeve::tests::binary_dir() + "/reeve-launcher";

inline process_spec shell(std::string script) {
  process_spec spec;
  spec.command = {"/bin/sh", "-c", std::move(script)};
  return spec;
}

inline bool alive(int pid) {
  return !test::has_ended(pid);
}

using test::parent_of;

/// A loop with children on it, and what they said.
struct children_fixture : ::testing::Test {
  loop home;
  std::map<std::string, std::vector<std::string>> lines;
  std::map<std::string, std::vector<process_exit>> exits;
  std::function<void(const std::string&)> on_exit = [](const std::string&) {};
  std::optional<child_processes> children;

  children_fixture() {
    children.emplace(home, launcher_path,
                     child_processes::hooks{[this](const std::string& name, const process_exit& e) {
                                              exits[name].push_back(e);
                                              on_exit(name);
                                            },
                                            [this](const std::string& name, std::string_view line) {
                                              lines[name].emplace_back(line);
                                            }});
  }

  /// "" when it runs, else the reason why not.
  std::string start(const std::string& name, const process_spec& spec,
                    std::chrono::milliseconds stop_timeout = std::chrono::seconds{10}) {
    std::optional<std::string> came;
    children->start(name, spec, stop_timeout,
                    [&](status s) { came = s ? std::string{} : s.sentence(); });
    EXPECT_TRUE(run_until(home, [&] { return came.has_value(); }));
    return came.value_or("no answer");
  }

  void stop(const std::string& name, std::chrono::milliseconds stop_timeout) {
    bool stopped = false;
    children->stop(name, stop_timeout, [&](status s) { stopped = bool{s}; });
    EXPECT_TRUE(run_until(home, [&] { return stopped; }));
  }

  /// Runs it to its end.
  process_exit run(const std::string& name, const process_spec& spec) {
    const auto before = exits[name].size();
    EXPECT_EQ(start(name, spec), "");
    EXPECT_TRUE(run_until(home, [&] { return exits[name].size() > before; }));
    return exits[name].empty() ? process_exit{-1, -1, false} : exits[name].back();
  }

  bool says(const std::string& name, const std::string& line) {
    return run_until(home, [&] {
      const auto& all = lines[name];
      return std::find(all.begin(), all.end(), line) != all.end();
    });
  }

  /// The number in the first line it said.
  int number_from(const std::string& name) {
    EXPECT_TRUE(run_until(home, [&] { return !lines[name].empty(); }));
    return lines[name].empty() ? 0 : std::stoi(lines[name].front());
  }
};

} // namespace reeve::io
