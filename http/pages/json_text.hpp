#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace reeve::http {

/// Compact text. What services say of themselves may be any bytes: invalid UTF-8
/// becomes U+FFFD.
std::string to_text(const nlohmann::ordered_json& document);

/// One string, with its quotes.
std::string quote(std::string_view text);

} // namespace reeve::http
