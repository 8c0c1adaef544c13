#pragma once

#include "supervisor/health.hpp"
#include "supervisor/specs/expectation.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve {

/// What an answer held: as it was written there.
struct found_value {
  std::string text;
  /// The answer says that it is a text, though it may look like a number: `"1.10"` of JSON,
  /// a column of text, a header.
  bool is_text = false;

  found_value() = default;
  found_value(std::string value, bool a_text = false) : text{std::move(value)}, is_text{a_text} {
  }
  found_value(const char* value) : text{value} {
  }
  bool operator==(const found_value&) const = default;
};

/// As numbers of any size, exactly, where both sides are numbers, else as text (ordering text
/// with `<` and its kin never holds). What is a text is equal to the same text alone, and
/// still ordered as the number that it holds.
bool holds(const comparison& c, const found_value& found);

/// What came back, already reduced to what an expectation asks for: `io/` does
/// the extracting, `evaluate` the judging.
struct reply {
  std::chrono::milliseconds latency{0};
  std::optional<int> status;
  bool contains = true; ///< the body held `expectation::contains`
  bool matches = true;  ///< the body matched `expectation::matches`
  bool json_valid = true;
  std::vector<std::optional<found_value>> fields; ///< one per condition; none: it is absent
  std::vector<std::string> answers;
  std::optional<std::chrono::milliseconds> certificate_left;
  std::optional<std::chrono::milliseconds> age;
  std::string_view age_of = "last heartbeat";      ///< what is that old; a literal
  std::string_view body_is = "body";               ///< what the body is called; a literal
  std::string excerpt;                             ///< the first bytes of the body, for the reason
  std::vector<std::optional<std::string>> headers; ///< one per condition; none: it is absent
  /// Which certificate of the chain has `certificate_left`.
  std::string certificate_is = "certificate";
};

/// The worst finding counts; among equals the first in the order of the fields.
check_verdict evaluate(const expectation& expected, const reply& found);

} // namespace reeve
