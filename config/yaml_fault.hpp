#pragma once

#include "config/problems.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace reeve::config {

/// A list or map that was open when the parser gave up.
struct open_level {
  mark at;
  bool flow = false; ///< [ ] or { }
};

/// What is wrong, and where to look for it.
struct yaml_fault {
  mark at;
  std::string what;
};

/// What to tell a person when the parser gave up on `text` at `at` with `words`: its words lead few
/// to the mistake, which often stands lines before. `open`: from the outermost on.
yaml_fault explain_fault(std::string_view words, mark at, std::string_view text,
                         const std::vector<open_level>& open);

/// Where the quote stands that is open at the end of `text`, which the parser says is so.
mark open_quote(std::string_view text);

/// Where a text in quotes that begins at `begin` is over; the size of `text` if it never is.
std::size_t end_of_quoted(std::string_view text, std::size_t begin);

/// The first line after `begin`, and not after `end`, that has a text and is not indented by
/// `columns` at least. 0: there is none.
int line_further_left(std::string_view text, std::size_t begin, std::size_t end, int columns);

/// Where the value itself begins whose anchor or tag may stand at `begin`.
std::size_t after_properties(std::string_view text, std::size_t begin);

mark place_of(std::string_view text, std::size_t offset);

} // namespace reeve::config
