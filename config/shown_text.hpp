#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reeve::config {

// How text of a config file is shown in messages.

/// 'text' in quotes; shortened, without control characters and without passwords.
std::string in_quotes(std::string_view text);

/// `text` fit for one line of a message: shortened, without control characters and
/// without what may be the password or token of a URL.
std::string shown(std::string_view text);

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& words);

} // namespace reeve::config
