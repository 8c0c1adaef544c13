#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace reeve::config {

/// Where `text` stops being UTF-8; none: it is throughout.
std::optional<std::size_t> first_not_utf8(std::string_view text);

/// Where `text` holds a control character that is no tab or line end.
std::optional<std::size_t> first_control(std::string_view text);

} // namespace reeve::config
