#pragma once

#include <string>
#include <string_view>

namespace reeve::config {

/// What a person who wrote the unknown `key` into the map at `path` may have meant, as "; ...": it
/// stands elsewhere, or other tools call something so. Empty: nothing is known of it.
std::string hint_for_key(std::string_view path, std::string_view key);

/// For a key that is known of nowhere: what a map at `path` looks like, as "; ...". Empty: many
/// ways.
std::string shape_of_map(std::string_view path);

/// A map that could stand at `path`, such as "{restarts: 15, within: 30m}"; empty: none is at hand.
std::string_view example_of_map(std::string_view path);

} // namespace reeve::config
