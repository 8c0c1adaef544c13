#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::cli {

enum class colour { plain, good, warning, bad, faint };

struct cell {
  std::string text;
  reeve::cli::colour colour = colour::plain;
};

/// `text` in this colour, by the terminal's escape sequences; plain: as it is.
std::string paint(const std::string& text, colour c);

/// Rows under a header, columns as wide as their widest cell; the last column is not padded. What
/// is in the cells is made `printable`; with `colours` the terminal's escape sequences are used.
std::string render_table(const std::vector<std::string>& header,
                         std::vector<std::vector<cell>> rows, bool colours);

/// The text with control characters written out (`\x1b`), so that what a service said cannot drive
/// the reader's terminal, and what is no UTF-8 as well. The rest of UTF-8 and tabs stay.
std::string printable(std::string_view text);

/// Whether stdout is a terminal and NO_COLOR is not set (https://no-color.org).
bool stdout_wants_colour();

/// The colour of a health's name.
colour colour_of_health(const std::string& health);

} // namespace reeve::cli
