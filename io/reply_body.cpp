#include "io/reply_body.hpp"

#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <charconv>

namespace reeve::io {

namespace {

using nlohmann::json;

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

const json* child(const json& parent, std::string_view key) {
  if (parent.is_object()) {
    const auto found = parent.find(std::string{key});
    return found == parent.end() ? nullptr : &*found;
  }
  std::size_t place = 0;
  const auto* end = key.data() + key.size();
  const auto parsed = std::from_chars(key.data(), end, place);
  if (!parent.is_array() || parsed.ec != std::errc{} || parsed.ptr != end || place >= parent.size())
    return nullptr;
  return &parent[place];
}

const json* find(const json& from, std::string_view path) {
  const json* here = &from;
  for (;;) {
    if (const json* whole = child(*here, path))
      return whole;
    const auto dot = path.find('.');
    here = dot == std::string_view::npos ? nullptr : child(*here, path.substr(0, dot));
    if (here == nullptr)
      return nullptr;
    path.remove_prefix(dot + 1);
  }
}

std::string as_text(const json& value) {
  if (value.is_string())
    return value.get<std::string>();
  return value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, shown_part);
}

} // namespace

std::vector<std::optional<std::string>>
values_at(std::string_view document, const std::vector<std::string>& paths, bool& valid) {
  std::vector<std::optional<std::string>> values(paths.size());
  const auto parsed =
    too_deep(document) ? json(json::value_t::discarded) : json::parse(document, nullptr, false);
  valid = !parsed.is_discarded();
  for (std::size_t i = 0; valid && i < paths.size(); ++i)
    if (const json* found = find(parsed, paths[i]))
      values[i] = as_text(*found);
  return values;
}

reply_body::reply_body(const expectation& expected) : contains_{expected.contains} {
  if (expected.matches)
    matches_ = std::make_unique<re2::RE2>(*expected.matches, re2::RE2::Quiet);
  for (const auto& condition : expected.fields)
    paths_.push_back(condition.field);
}

reply_body::~reply_body() = default;

std::size_t reply_body::most_kept() const {
  return contains_ || matches_ || !paths_.empty() ? searched_part : shown_part;
}

void reply_body::extract(std::string_view body, reply& found) const {
  found.contains = !contains_ || body.find(*contains_) != std::string_view::npos;
  found.matches =
    !matches_ || re2::RE2::PartialMatch(re2::StringPiece{body.data(), body.size()}, *matches_);
  if (!paths_.empty())
    found.fields = values_at(body, paths_, found.json_valid);
  found.excerpt = body.substr(0, shown_part);
}

} // namespace reeve::io
