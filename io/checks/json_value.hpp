#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

/// A JSON document whose numbers are kept as they are written, however long.
struct json_value {
  enum class kind { word, text, array, object };
  kind what = kind::word;
  std::string text; ///< of a text, decoded; of a word (number, true, false, null), as written
  std::vector<json_value> items;
  std::map<std::string, json_value, std::less<>> members; ///< the last of one name counts
};

/// None: it is not JSON.
std::optional<json_value> parse_json(std::string_view document);

/// In one line, without blanks, members in order of their names.
std::string to_json(const json_value& value);

} // namespace reeve::io
