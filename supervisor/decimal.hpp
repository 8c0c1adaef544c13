#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reeve {

/// A decimal number of any length, exactly: `9007199254740993` is not `9007199254740992`,
/// and `1.10`, `1.1` and `11e-1` are one.
class decimal {
public:
  /// As JSON writes numbers, and with a leading `+`, zeros in front, `.5` and `5.` besides;
  /// none: anything else, `inf`, `nan` and exponents beyond nine digits among it.
  static std::optional<decimal> parse(std::string_view text);

  std::strong_ordering operator<=>(const decimal& other) const;
  bool operator==(const decimal& other) const = default;

private:
  // 0.DIGITS x 10^exponent; the digits neither begin nor end with a zero, and are empty for
  // zero, whose sign is + and whose exponent is 0.
  bool negative_ = false;
  std::int64_t exponent_ = 0;
  std::string digits_;
};

} // namespace reeve
