#pragma once

#include "tests/supervisor/tree_fixture.hpp"

#include <optional>
#include <set>
#include <string>

namespace reeve {

/// Reeve ends without a word, and another takes over.
struct another_reeve : tree_fixture {
  remembered left() {
    std::set<std::string> names;
    for (const auto& s : spec.services)
      names.insert(s.name);
    return tree->remember(names, {now, wall});
  }

  /// After `pause`, in which the wall clock moved by `wall_pause`.
  texts is_born(std::chrono::milliseconds pause = std::chrono::milliseconds{0},
                std::optional<std::chrono::milliseconds> wall_pause = {}) {
    const auto before = left();
    // Another boot, another monotonic clock.
    now = mono_time{std::chrono::seconds{5}};
    wall += wall_pause.value_or(pause);
    tree.emplace(spec, now);
    tree->take_over(before, {now, wall});
    return told(tree->boot(now));
  }

  std::chrono::milliseconds wait_of(const std::string& name) {
    const auto due = at(name).next_restart;
    return due ? std::chrono::duration_cast<std::chrono::milliseconds>(*due - now)
               : std::chrono::milliseconds{-1};
  }

  /// Fails and is restarted, `times` times.
  void crash(const std::string& name, int times) {
    for (int i = 0; i < times; ++i) {
      failed(name);
      after(wait_of(name) > std::chrono::milliseconds{0} ? wait_of(name)
                                                         : std::chrono::milliseconds{0});
      started(name);
    }
  }

  wall_time wall{std::chrono::hours{1'000'000}};
};

} // namespace reeve
