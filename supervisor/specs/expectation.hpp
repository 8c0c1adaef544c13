#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
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

} // namespace reeve
