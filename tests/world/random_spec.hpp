#pragma once

#include "tests/actors/support/daemon_fixture.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace reeve::actors::test {

/// Chance that is the same on every machine for a seed.
class dice {
public:
  explicit dice(std::uint64_t seed) : engine_{seed} {
  }
  int up_to(int most) { ///< 0 to `most`
    return static_cast<int>(engine_() % (static_cast<std::uint64_t>(most) + 1));
  }
  bool one_in(int n) {
    return up_to(n - 1) == 0;
  }
  template <class T>
  const T& any_of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(up_to(static_cast<int>(all.size()) - 1))];
  }
  double fraction() {
    return static_cast<double>(engine_() >> 11) / 9'007'199'254'740'992.0;
  }

private:
  std::mt19937_64 engine_;
};

/// Two to eight services of all kinds, in groups, with every policy.
daemon_spec random_spec(dice& d);

/// The same with something changed, as a person would who reloads.
daemon_spec changed_spec(daemon_spec spec, dice& d);

bool has_target(const service_spec& s);
bool is_process(const service_spec& s);
std::string container_of(const service_spec& s); ///< empty: it is none

/// REQUIRES: it is there.
const service_spec& service_of(const daemon_spec& spec, const std::string& name);
/// The group it lies in. REQUIRES: it is there.
const group_spec& group_of(const daemon_spec& spec, const std::string& service);

} // namespace reeve::actors::test
