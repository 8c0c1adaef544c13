#include "config/reader.hpp"

#include "config/duration.hpp"
#include "config/hints.hpp"
#include "config/problems.hpp"
#include "config/shown_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace reeve::config {
namespace {

template <class T>
std::optional<T> parsed(const std::string& text) {
  T value{};
  const auto last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, value);
  return fault == std::errc{} && end == last ? std::optional<T>{value} : std::nullopt;
}

std::string written(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string item_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string entry_path(const std::string& path, std::string_view key) {
  return path.empty() ? shown(key) : path + "." + shown(key);
}

} // namespace

bool is_extension(std::string_view key) {
  return key.substr(0, 2) == "x-";
}

reader::reader(const node& value, mark at, std::string path, reading& shared)
    : value_{&value}, at_{at}, path_{std::move(path)}, shared_{&shared} {
}

const std::string& reader::path() const {
  return path_;
}

mark reader::at() const {
  return at_;
}

reading& reader::shared() const {
  return *shared_;
}

bool reader::is_scalar() const {
  return value_->what == node::kind::scalar;
}

bool reader::is_list() const {
  return value_->what == node::kind::list;
}

bool reader::is_map() const {
  return value_->what == node::kind::map;
}

bool reader::is_zero() const {
  return is_scalar() && value_->text == "0";
}

void reader::fail(std::string what) const {
  shared_->problems.add(at_, path_, std::move(what));
}

void reader::fail_parsed(std::string_view sentence) const {
  if (value_->text.find("${") == std::string::npos)
    return fail(std::string{sentence});
  std::string safe;
  while (!sentence.empty()) {
    const auto open = sentence.find('\'');
    const auto close = open == sentence.npos ? open : sentence.find('\'', open + 1);
    safe += sentence.substr(0, open);
    if (close == sentence.npos)
      break;
    const auto inside = sentence.substr(open + 1, close - open - 1);
    safe += value_->text.find(inside) == std::string::npos ? quoted_text() : in_quotes(inside);
    sentence.remove_prefix(close + 1);
  }
  fail(safe);
}

void reader::warn(std::string what) const {
  shared_->problems.warn(at_, path_, std::move(what));
}

void reader::fail_type(std::string_view wanted) const {
  switch (value_->what) {
  case node::kind::null:
    fail("has no value; give it one or remove the key");
    return;
  case node::kind::scalar:
    fail("must be " + std::string{wanted} + ", not " + quoted_text());
    return;
  case node::kind::list:
    fail("must be " + std::string{wanted} + ", not a list");
    return;
  case node::kind::map:
    fail("must be " + std::string{wanted} + ", not a map");
    return;
  }
}

void reader::fail_map() const {
  const auto text = std::string_view{value_->text};
  const auto colon = text.find(':');
  if (colon != 0 && colon < text.find_first_of(" \t") && !text.substr(colon).starts_with("://"))
    return fail("must be a map, not " + quoted_text() + "; write a blank after the ':'");
  const auto example = example_of_map(path_);
  fail_type(example.empty() ? "a map" : "a map such as " + std::string{example});
}

std::string reader::quoted_text() const {
  return in_quotes(value_->text);
}

std::optional<std::string> reader::text(empty e) const {
  if (!is_scalar()) {
    fail_type("text");
    return {};
  }
  auto expanded = expand(value_->text, shared_->env);
  if (!expanded) {
    fail(expanded.sentence());
    return {};
  }
  if (expanded->empty() && e == empty::refused) {
    fail("must not be empty");
    return {};
  }
  return std::move(*expanded);
}

std::optional<int> reader::whole(int least, int most) const {
  const auto range = most == no_limit
                       ? "at least " + std::to_string(least)
                       : "from " + std::to_string(least) + " to " + std::to_string(most);
  const auto wanted = "a whole number " + range;
  if (!is_scalar()) {
    fail_type(wanted);
    return {};
  }
  const auto written = text();
  const auto value = written ? parsed<int>(*written) : std::nullopt;
  if (value && *value >= least && *value <= most)
    return value;
  if (written)
    fail_type(wanted);
  return {};
}

std::optional<double> reader::number(double least, double most) const {
  const auto wanted = "a number from " + written(least) + " to " + written(most);
  if (!is_scalar()) {
    fail_type(wanted);
    return {};
  }
  const auto given = text();
  const auto value = given ? parsed<double>(*given) : std::nullopt;
  if (value && *value >= least && *value <= most)
    return value;
  if (given)
    fail_type(wanted);
  return {};
}

std::optional<bool> reader::flag() const {
  return word<bool>({{"true", true}, {"false", false}});
}

std::optional<std::chrono::milliseconds> reader::duration(std::chrono::milliseconds least) const {
  if (!is_scalar()) {
    fail_type("a duration such as 250ms, 5s or 1m30s");
    return {};
  }
  const auto given = text();
  if (!given)
    return {};
  const auto value = parse_duration(*given);
  if (!value)
    fail_parsed(value.sentence());
  else if (*value < least)
    fail("must be at least " + format_duration(least) + ", not " + quoted_text());
  else
    return *value;
  return {};
}

std::optional<std::size_t> reader::choice(const std::vector<std::string>& words) const {
  if (!is_scalar()) {
    fail_type(alternatives(words));
    return {};
  }
  const auto given = text();
  if (!given)
    return {};
  const auto found = std::find(words.begin(), words.end(), *given);
  if (found != words.end())
    return static_cast<std::size_t>(found - words.begin());
  fail("must be " + alternatives(words) + ", not " + quoted_text()
       + shared_->problems.suggestion(*given, words));
  return {};
}

std::vector<reader> reader::items(std::string_view wanted, empty e) const {
  std::vector<reader> all;
  if (!is_list())
    fail_type(wanted);
  else if (value_->items.empty() && e == empty::refused)
    fail("must not be empty");
  for (const auto& item : value_->items)
    all.emplace_back(*item, item->at, item_path(path_, all.size()), *shared_);
  return all;
}

std::vector<std::string> reader::command() const {
  std::vector<std::string> all;
  for (const auto& item : items("a list such as [program, argument], as no shell takes part"))
    all.push_back(item.text(all.empty() ? empty::refused : empty::allowed).value_or(""));
  return all;
}

std::vector<std::pair<std::string, reader>> reader::entries() const {
  std::vector<std::pair<std::string, reader>> all;
  if (!is_map())
    fail_map();
  for (const auto& e : value_->entries)
    all.emplace_back(e.key, reader{*e.value, e.value->what == node::kind::null ? e.at : e.value->at,
                                   entry_path(path_, e.key), *shared_});
  return all;
}

fields::fields(const reader& map) : self_{map} {
  if (!map.is_map())
    map.fail_map();
  for (const auto& e : map.value_->entries)
    entries_.push_back({&e, is_extension(e.key)});
}

const reader& fields::self() const {
  return self_;
}

std::optional<reader> fields::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end())
    known_.emplace_back(key);
  for (auto& [e, asked] : entries_) {
    if (e->key != key)
      continue;
    asked = true;
    return reader{*e->value, e->value->what == node::kind::null ? e->at : e->value->at,
                  entry_path(self_.path(), key), self_.shared()};
  }
  return {};
}

std::optional<reader> fields::text(std::string_view key, std::string& into) {
  auto at = find(key);
  if (at)
    put(at->text(), into);
  return at;
}

std::optional<reader> fields::whole(std::string_view key, int& into, int least, int most) {
  auto at = find(key);
  if (at)
    put(at->whole(least, most), into);
  return at;
}

std::optional<reader> fields::number(std::string_view key, double& into, double least,
                                     double most) {
  auto at = find(key);
  if (at)
    put(at->number(least, most), into);
  return at;
}

std::optional<reader> fields::flag(std::string_view key, bool& into) {
  auto at = find(key);
  if (at)
    put(at->flag(), into);
  return at;
}

std::optional<reader> fields::duration(std::string_view key, std::chrono::milliseconds& into,
                                       std::chrono::milliseconds least) {
  auto at = find(key);
  if (at)
    put(at->duration(least), into);
  return at;
}

std::vector<std::pair<std::string, reader>> fields::rest() {
  std::vector<std::string> keys;
  for (const auto& [e, asked] : entries_)
    if (!asked)
      keys.push_back(e->key);
  std::vector<std::pair<std::string, reader>> all;
  for (const auto& key : keys)
    all.emplace_back(key, *find(key));
  return all;
}

bool fields::finish() {
  auto& problems = self_.shared().problems;
  bool fine = true;
  for (const auto& [e, asked] : entries_) {
    if (asked)
      continue;
    auto hint = hint_for_key(self_.path(), e->key);
    if (hint.empty())
      hint = problems.suggestion(e->key, known_);
    if (hint.empty())
      hint = shape_of_map(self_.path());
    problems.add(e->at, entry_path(self_.path(), e->key), "unknown key" + hint);
    fine = false;
  }
  return fine;
}

} // namespace reeve::config
