#pragma once

#include "supervisor/checks/rule.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace reeve::io {

/// What an expectation asks of a body, prepared once per check.
///
/// An expression matches as in grep, Perl and Python: `^ok$` also matches `ok` and the end
/// of a line.
class reply_body {
public:
  explicit reply_body(const expectation& expected);
  ~reply_body();

  /// Whether it asks anything.
  bool asks() const;
  /// How much of a body is worth keeping.
  std::size_t most_kept() const;

  /// Fills in what `evaluate` will ask for.
  void extract(std::string_view body, reply& found) const;

private:
  std::optional<std::string> contains_;
  std::unique_ptr<re2::RE2> matches_;
  std::vector<std::string> paths_;
};

/// The value at a dotted path, numbers being places in arrays: a scalar as it is written,
/// anything else as JSON. A key may hold dots itself. One per path; `valid` is false,
/// and all are absent, if `document` is not JSON or nested deeper than anybody means.
std::vector<std::optional<found_value>>
values_at(std::string_view document, const std::vector<std::string>& paths, bool& valid);

} // namespace reeve::io
