#include "io/checks/json_value.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace reeve::io {

namespace {

using nlohmann::json;

/// What nlohmann's parser tells of a document, built up.
class json_builder final : public json::json_sax_t {
public:
  bool null() override {
    return word("null");
  }
  bool boolean(bool value) override {
    return word(value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    return word(std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return word(std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& written) override {
    return word(written);
  }
  bool string(string_t& value) override {
    return add({json_value::kind::text, std::move(value), {}, {}}) != nullptr;
  }
  bool binary(binary_t&) override {
    return false;
  }
  bool start_object(std::size_t) override {
    return open(json_value::kind::object);
  }
  bool start_array(std::size_t) override {
    return open(json_value::kind::array);
  }
  bool key(string_t& name) override {
    name_ = std::move(name);
    return true;
  }
  bool end_object() override {
    return close();
  }
  bool end_array() override {
    return close();
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override {
    return false;
  }

  json_value take() {
    return std::move(root_);
  }

private:
  bool word(std::string text) {
    return add({json_value::kind::word, std::move(text), {}, {}}) != nullptr;
  }
  bool open(json_value::kind what) {
    open_.push_back(add({what, {}, {}, {}}));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  /// Where it stands: until its container gets another one.
  json_value* add(json_value value) {
    if (open_.empty())
      return &(root_ = std::move(value));
    auto& parent = *open_.back();
    if (parent.what == json_value::kind::array)
      return &parent.items.emplace_back(std::move(value));
    return &(parent.members[name_] = std::move(value));
  }

  json_value root_;
  std::vector<json_value*> open_; ///< the innermost last
  std::string name_;              ///< of the next member
};

std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace

std::optional<json_value> parse_json(std::string_view document) {
  json_builder builder;
  if (!json::sax_parse(document, &builder))
    return std::nullopt;
  return builder.take();
}

std::string to_json(const json_value& value) {
  std::string made;
  const auto separate = [&] {
    if (made.size() > 1)
      made += ',';
  };
  switch (value.what) {
  case json_value::kind::word:
    return value.text;
  case json_value::kind::text:
    return quoted(value.text);
  case json_value::kind::array:
    made = "[";
    for (const auto& item : value.items)
      separate(), made += to_json(item);
    return made + "]";
  case json_value::kind::object:
    made = "{";
    for (const auto& [name, member] : value.members)
      separate(), made += quoted(name) + ":" + to_json(member);
    return made + "}";
  }
  return made;
}

} // namespace reeve::io
