#pragma once

#include <cstdint>

namespace reeve {

/// Random numbers for simulations: the same for a seed on every machine (SplitMix64).
class chance {
public:
  explicit chance(std::uint64_t seed) : state_{seed} {
  }

  /// In [0, 1).
  double operator()() {
    state_ += 0x9e3779b97f4a7c15U;
    auto mixed = (state_ ^ (state_ >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31U;
    return static_cast<double>(mixed >> 11U) * 0x1p-53;
  }

private:
  std::uint64_t state_;
};

/// A seed of its own for part `index` of what has `seed`.
constexpr std::uint64_t seed_of_part(std::uint64_t seed, std::uint64_t index) {
  return (seed + 1) * 0xd1342543de82ef95U + index * 0x2545f4914f6cdd1dU;
}

} // namespace reeve
