#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io {

/// Names of headers are the same whatever their case.
bool same_header(std::string_view a, std::string_view b);

/// Of an HTTP answer's headers those that matter: Content-Encoding and what else is wanted.
class answer_headers {
public:
  /// Names are compared without case. `wanted` lives longer.
  explicit answer_headers(const std::vector<std::string>& wanted);

  void take(std::string_view name, std::string_view value);
  /// What was taken was of an answer that only informed (1xx).
  void forget();

  /// The field's lines, joined by ", " if there are several; none: it is absent.
  std::optional<std::string> value(std::string_view name) const;

private:
  bool matters(std::string_view name) const;

  const std::vector<std::string>* wanted_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

} // namespace reeve::io
