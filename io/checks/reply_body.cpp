#include "io/checks/reply_body.hpp"

#include "io/checks/json_value.hpp"

#include <re2/re2.h>

#include <charconv>

namespace reeve::io {

namespace {

constexpr std::size_t shown_part = 200;
constexpr std::size_t searched_part = 256 * 1'024;
constexpr int deepest = 100;

bool too_deep(std::string_view document) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < document.size(); ++i) {
    const char c = document[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else
        in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest)
        return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

const json_value* child(const json_value& parent, std::string_view key) {
  if (parent.what == json_value::kind::object) {
    const auto found = parent.members.find(key);
    return found == parent.members.end() ? nullptr : &found->second;
  }
  std::size_t place = 0;
  const auto* end = key.data() + key.size();
  const auto parsed = std::from_chars(key.data(), end, place);
  if (parent.what != json_value::kind::array || parsed.ec != std::errc{} || parsed.ptr != end
      || place >= parent.items.size())
    return nullptr;
  return &parent.items[place];
}

/// A key may hold dots itself: the path's first key ends at any of them.
const json_value* find(const json_value& from, std::string_view path) {
  if (const auto* whole = child(from, path))
    return whole;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1))
    if (const auto* first = child(from, path.substr(0, dot)))
      if (const auto* found = find(*first, path.substr(dot + 1)))
        return found;
  return nullptr;
}

found_value as_found(const json_value& value) {
  if (value.what == json_value::kind::text)
    return {value.text, true};
  return value.what == json_value::kind::word ? found_value{value.text}
                                              : found_value{to_json(value).substr(0, shown_part)};
}

bool matches_line(const re2::RE2& expression, std::string_view body) {
  const auto matches = [&](std::string_view text) {
    return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, expression);
  };
  if (matches(body))
    return true;
  if (!body.ends_with('\n'))
    return false;
  body.remove_suffix(body.ends_with("\r\n") ? 2 : 1);
  return matches(body);
}

} // namespace

std::vector<std::optional<found_value>>
values_at(std::string_view document, const std::vector<std::string>& paths, bool& valid) {
  std::vector<std::optional<found_value>> values(paths.size());
  const auto parsed = too_deep(document) ? std::nullopt : parse_json(document);
  valid = parsed.has_value();
  for (std::size_t i = 0; valid && i < paths.size(); ++i)
    if (const auto* found = find(*parsed, paths[i]))
      values[i] = as_found(*found);
  return values;
}

reply_body::reply_body(const expectation& expected) : contains_{expected.contains} {
  if (expected.matches)
    matches_ = std::make_unique<re2::RE2>(*expected.matches, re2::RE2::Quiet);
  for (const auto& condition : expected.fields)
    paths_.push_back(condition.field);
}

reply_body::~reply_body() = default;

bool reply_body::asks() const {
  return contains_ || matches_ || !paths_.empty();
}

std::size_t reply_body::most_kept() const {
  return asks() ? searched_part : shown_part;
}

void reply_body::extract(std::string_view body, reply& found) const {
  found.contains = !contains_ || body.find(*contains_) != std::string_view::npos;
  found.matches = !matches_ || matches_line(*matches_, body);
  if (!paths_.empty())
    found.fields = values_at(body, paths_, found.json_valid);
  found.excerpt = body.substr(0, shown_part);
}

} // namespace reeve::io
