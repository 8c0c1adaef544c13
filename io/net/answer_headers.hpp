#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io {

/// Names of headers are the same whatever their case.
bool same_header(std::string_view a, std::string_view b);

/// Of an HTTP answer's headers those that matter, taken from its lines as they come:
/// Content-Encoding, Location and what else is wanted. What an informational answer (1xx) said
/// is forgotten when the next one begins.
class answer_headers {
public:
  /// Names are compared without case. `wanted` lives longer.
  explicit answer_headers(const std::vector<std::string>& wanted);

  /// One line with its end: a status line, a field, the continuation of one, an empty line.
  void take(std::string_view line);

  /// The field's lines, joined by ", " if there are several; none: it is absent.
  std::optional<std::string> value(std::string_view name) const;
  /// The first line of a field of which there should be but one.
  std::optional<std::string> first(std::string_view name) const;

private:
  bool matters(std::string_view name) const;

  const std::vector<std::string>* wanted_;
  std::vector<std::pair<std::string, std::string>> fields_;
  bool continues_ = false; ///< a continuation belongs to the last of `fields_`
};

} // namespace reeve::io
