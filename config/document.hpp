#pragma once

#include "config/node.hpp"

#include <string_view>

namespace reeve::config {

/// Parses one YAML document; yaml-cpp ends here. Merge keys (`<<`) are carried
/// out, aliases followed. Null if the text cannot be read at all; `problems` then
/// says why, `if_empty` of a text without any value. Duplicate keys and the like are added to
/// `problems`, and reading goes on. Time and memory are bounded whatever the text.
node_ptr parse_document(std::string_view text, problem_list& problems, std::string_view if_empty);

} // namespace reeve::config
