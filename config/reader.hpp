#pragma once

#include "config/expand.hpp"
#include "config/node.hpp"
#include "supervisor/words.hpp"

#include <chrono>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace reeve::config {

/// What every reader of one file shares.
struct reading {
  problem_list& problems;
  const environment& env;
  std::map<std::string, mark> push_tokens = {}; ///< those read so far
};

/// The words a value may be, and what each means.
template <class T>
using choices = std::initializer_list<std::pair<std::string_view, T>>;

/// One value of the file: its node, its path, and where complaints about it go.
/// The typed getters return nothing after complaining. Copies are cheap; the node
/// must outlive them.
class reader {
public:
  reader(const node& value, mark at, std::string path, reading& shared);

  const std::string& path() const;
  mark at() const;
  reading& shared() const;

  bool is_scalar() const;
  bool is_list() const;
  bool is_map() const;
  /// A bare 0, which a duration is not.
  bool is_zero() const;

  void fail(std::string what) const;
  /// The same for a sentence that quotes parts of the text: what the environment
  /// brought in may be secret, so what is written is quoted instead.
  void fail_parsed(std::string_view sentence) const;
  void warn(std::string what) const;
  /// "must be `wanted`, not a list".
  void fail_type(std::string_view wanted) const;
  /// The same of a map, with an example where there is one.
  void fail_map() const;

  enum class empty { refused, allowed };
  std::optional<std::string> text(empty e = empty::refused) const;
  std::optional<int> whole(int least, int most) const;
  std::optional<double> number(double least, double most) const;
  std::optional<bool> flag() const;
  std::optional<std::chrono::milliseconds> duration(std::chrono::milliseconds least) const;

  template <class T>
  std::optional<T> word(choices<T> allowed) const {
    std::vector<std::string> words;
    for (const auto& [name, meaning] : allowed)
      words.emplace_back(name);
    const auto index = choice(words);
    return index ? std::optional<T>{allowed.begin()[*index].second} : std::nullopt;
  }
  /// One of its words.
  template <has_words T>
  std::optional<T> word() const {
    const auto& all = words<T>::all;
    const auto index = choice({std::begin(all), std::end(all)});
    return index ? std::optional{static_cast<T>(*index)} : std::nullopt;
  }

  /// Complains if it is no list, or an empty one; else one reader per item.
  std::vector<reader> items(std::string_view wanted, empty e = empty::refused) const;
  /// A command: a program and its arguments.
  std::vector<std::string> command() const;
  /// All of a map with free keys, `x-` ones included. Complains if it is no map.
  std::vector<std::pair<std::string, reader>> entries() const;
  /// For complaints: as written, before the environment came in.
  std::string quoted_text() const;

private:
  friend class fields;

  std::optional<std::size_t> choice(const std::vector<std::string>& words) const;

  const node* value_;
  mark at_;
  std::string path_;
  reading* shared_;
};

/// A map of known keys. Each getter takes a key, tells its default by `into`,
/// which it leaves alone if the key is absent or its value wrong, and returns the
/// reader if the key is there. `finish` complains of keys that nobody asked for.
class fields {
public:
  /// Complains if `map` is none; then everything is absent.
  explicit fields(const reader& map);

  const reader& self() const;
  std::optional<reader> find(std::string_view key);

  std::optional<reader> text(std::string_view key, std::string& into);
  std::optional<reader> whole(std::string_view key, int& into, int least, int most);
  std::optional<reader> number(std::string_view key, double& into, double least, double most);
  std::optional<reader> flag(std::string_view key, bool& into);
  std::optional<reader> duration(std::string_view key, std::chrono::milliseconds& into,
                                 std::chrono::milliseconds least);

  template <class T>
  std::optional<reader> word(std::string_view key, T& into, choices<T> allowed) {
    auto at = find(key);
    if (at)
      put(at->word(allowed), into);
    return at;
  }
  template <has_words T>
  std::optional<reader> word(std::string_view key, T& into) {
    auto at = find(key);
    if (at)
      put(at->template word<T>(), into);
    return at;
  }

  /// All keys that nobody asked for, which then are known.
  std::vector<std::pair<std::string, reader>> rest();

  /// Whether there were no unknown keys.
  bool finish();

private:
  template <class T>
  static void put(std::optional<T> value, T& into) {
    if (value)
      into = std::move(*value);
  }

  reader self_;
  std::vector<std::pair<const node::entry*, bool>> entries_; // true: asked for, or ignored
  std::vector<std::string> known_;
};

/// Keys that are ignored everywhere.
bool is_extension(std::string_view key);

constexpr int no_limit = std::numeric_limits<int>::max();

/// Unpacks what a parser made of the text, or complains.
template <class Parse>
auto parsed(const reader& at, Parse parse) -> std::optional<std::decay_t<decltype(*parse(""))>> {
  const auto text = at.text();
  if (!text)
    return {};
  auto made = parse(*text);
  if (made)
    return std::move(*made);
  at.fail_parsed(made.sentence());
  return {};
}

} // namespace reeve::config
