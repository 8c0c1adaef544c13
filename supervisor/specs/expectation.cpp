#include "supervisor/specs/expectation.hpp"

#include "supervisor/text.hpp"

#include <utility>

namespace reeve {

namespace {

constexpr std::pair<std::string_view, comparator> signs[] = {
  {"<=", comparator::less_equal}, {">=", comparator::greater_equal}, {"!=", comparator::not_equal},
  {"<", comparator::less},        {">", comparator::greater},
};

} // namespace

comparison parse_comparison(std::string_view text) {
  text = trimmed(text);
  for (const auto& [sign, op] : signs)
    if (text.substr(0, sign.size()) == sign)
      return {op, std::string{trimmed(text.substr(sign.size()))}};
  return {comparator::equal, std::string{text}};
}

std::string to_string(const comparison& c) {
  for (const auto& [sign, op] : signs)
    if (op == c.op)
      return std::string{sign} + " " + c.operand;
  return c.operand;
}

} // namespace reeve
