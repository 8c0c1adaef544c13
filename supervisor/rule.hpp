#pragma once

#include "supervisor/health.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve {

/// Inclusive range of HTTP status codes.
struct status_range {
  int first = 200;
  int last = 299;

  bool operator==(const status_range&) const = default;
};

/// Limits on a duration. Whether over or under them is worse depends on what is
/// measured: an age or a latency is bad when long, a certificate's time left
/// when short.
struct limits {
  std::optional<std::chrono::milliseconds> degraded;
  std::optional<std::chrono::milliseconds> unhealthy;

  bool operator==(const limits&) const = default;
};

enum class comparator { equal, not_equal, less, less_equal, greater, greater_equal };

/// One comparison with a scalar: `ready`, `< 600`, `!= 0`. The same grammar
/// everywhere a config compares.
struct comparison {
  comparator op = comparator::equal;
  std::string operand;

  bool operator==(const comparison&) const = default;
};

/// A leading `<` `<=` `>` `>=` `!=` compares, else equality. Blanks around the
/// operand are dropped.
comparison parse_comparison(std::string_view text);

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

/// `"< 600"`, `"ready"`: what the config said.
std::string to_string(const comparison& c);

/// What is asked of a named scalar of the answer: a dotted path of a JSON document,
/// a field of Redis' INFO, `value` or `rows` of a query.
struct field_condition {
  std::string field;
  comparison expected;

  bool operator==(const field_condition&) const = default;
};

/// What is asked of a header of an HTTP answer. Names are compared without case.
struct header_condition {
  std::string name;
  comparison expected;

  bool operator==(const header_condition&) const = default;
};

/// What a good reply looks like. Empty fields ask nothing.
struct expectation {
  std::vector<status_range> status;    ///< any of them; HTTP only
  limits latency;                      ///< longer is worse
  std::optional<std::string> contains; ///< the body holds this text
  std::optional<std::string> matches;  ///< the body matches this RE2 expression
  std::vector<field_condition> fields;
  std::vector<std::string> answers; ///< each is among those that came; DNS only
  limits certificate_left;          ///< shorter is worse
  limits age;                       ///< of a heartbeat or file; longer is worse
  std::vector<header_condition> headers;
  bool answers_exactly = false; ///< nothing but `answers` came

  bool operator==(const expectation&) const = default;
};

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

/// The judgement on one run of a check. `reason` is one sentence part with the
/// found and the expected value ("status 500, expected 200-299"), empty when ok.
struct check_verdict {
  check_result result = check_result::ok;
  std::string reason;

  bool operator==(const check_verdict&) const = default;
};

/// The worst finding counts; among equals the first in the order of the fields.
check_verdict evaluate(const expectation& expected, const reply& found);

} // namespace reeve
