#include "supervisor/decimal.hpp"

#include <algorithm>

namespace reeve {

namespace {

constexpr std::size_t most_exponent_digits = 9;

/// Takes the digits off the front.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos)
    return false;
  text.remove_prefix(1);
  return true;
}

/// `e-12`; nothing is 0.
std::optional<std::int64_t> take_exponent(std::string_view& text) {
  if (!take(text, "eE"))
    return 0;
  const bool negative = text.starts_with('-');
  take(text, "+-");
  const auto digits = take_digits(text);
  if (digits.empty() || digits.size() > most_exponent_digits)
    return std::nullopt;
  const auto value = static_cast<std::int64_t>(std::stoll(std::string{digits}));
  return negative ? -value : value;
}

} // namespace

std::optional<decimal> decimal::parse(std::string_view text) {
  decimal made;
  made.negative_ = text.starts_with('-');
  take(text, "+-");
  const auto whole = take_digits(text);
  const auto fraction = take(text, ".") ? take_digits(text) : std::string_view{};
  const auto exponent = take_exponent(text);
  if (!text.empty() || !exponent || (whole.empty() && fraction.empty()))
    return std::nullopt;
  made.digits_ = std::string{whole} + std::string{fraction};
  made.digits_.erase(made.digits_.find_last_not_of('0') + 1);
  const auto zeros = std::min(made.digits_.find_first_not_of('0'), made.digits_.size());
  made.digits_.erase(0, zeros);
  if (made.digits_.empty())
    return decimal{};
  made.exponent_ =
    *exponent + static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(zeros);
  return made;
}

std::strong_ordering decimal::operator<=>(const decimal& other) const {
  const auto sign = [](const decimal& d) { return d.digits_.empty() ? 0 : d.negative_ ? -1 : 1; };
  if (sign(*this) != sign(other) || digits_.empty())
    return sign(*this) <=> sign(other);
  const auto& a = negative_ ? other : *this;
  const auto& b = negative_ ? *this : other;
  if (a.exponent_ != b.exponent_)
    return a.exponent_ <=> b.exponent_;
  return a.digits_ <=> b.digits_;
}

} // namespace reeve
