#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace reeve {

/// The words of an enumeration, in the order of its values, as they stand in configs, answers,
/// labels and on the disk: `template <> struct words<color> { static constexpr std::string_view
/// all[] = {"red", "green"}; };`. A value without a word does not compile.
template <class Enum>
struct words;

template <class Enum>
concept has_words = requires {
  words<Enum>::all;
};

namespace detail {

/// The compiler names those values that the enumeration has.
template <auto Value>
constexpr bool is_enumerator() {
  constexpr std::string_view self = __PRETTY_FUNCTION__;
  constexpr auto name = self.find("Value = ") + 8;
  return self[name] != '(' && (self[name] < '0' || self[name] > '9');
}

template <class Enum, std::size_t... I>
constexpr bool are_enumerators(std::index_sequence<I...>) {
  return (is_enumerator<static_cast<Enum>(I)>() && ...);
}

template <class Enum>
constexpr bool has_word_for_each_value() {
  constexpr auto count = std::size(words<Enum>::all);
  return are_enumerators<Enum>(std::make_index_sequence<count>{})
         && !is_enumerator<static_cast<Enum>(count)>();
}

} // namespace detail

template <has_words Enum>
constexpr std::string_view to_string(Enum value) {
  static_assert(detail::has_word_for_each_value<Enum>(), "one word for each value, in their order");
  return words<Enum>::all[static_cast<std::size_t>(value)];
}

/// None: no value is called so.
template <has_words Enum>
constexpr std::optional<Enum> value_of(std::string_view word) {
  for (std::size_t i = 0; i < std::size(words<Enum>::all); ++i)
    if (words<Enum>::all[i] == word)
      return static_cast<Enum>(i);
  return std::nullopt;
}

} // namespace reeve
