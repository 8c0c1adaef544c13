#pragma once

#include "supervisor/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace reeve::storage {

// How things stand in columns: times as milliseconds since 1970, enumerators as their words.

using maybe_number = std::optional<std::int64_t>;

inline std::int64_t number_of(wall_time t) {
  return t.time_since_epoch().count();
}
inline maybe_number number_of(const std::optional<wall_time>& t) {
  return t ? maybe_number{number_of(*t)} : std::nullopt;
}

inline wall_time time_of(std::int64_t n) {
  return wall_time{std::chrono::milliseconds{n}};
}
inline std::optional<wall_time> time_of(maybe_number n) {
  return n ? std::optional{time_of(*n)} : std::nullopt;
}

/// Each takes the place of what has its name; a blank one leaves it empty.
template <class Thing, class Forget, class Put>
void replace(const std::vector<Thing>& changes, Forget forget, Put put) {
  for (const auto& thing : changes) {
    forget(thing);
    if (!is_blank(thing))
      put(thing);
  }
}

} // namespace reeve::storage
