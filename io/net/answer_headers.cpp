#include "io/net/answer_headers.hpp"

#include <algorithm>

namespace reeve::io {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace

bool same_header(std::string_view a, std::string_view b) {
  const auto small = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return small(x) == small(y); });
}

answer_headers::answer_headers(const std::vector<std::string>& wanted) : wanted_{&wanted} {
}

bool answer_headers::matters(std::string_view name) const {
  return same_header(name, "content-encoding")
         || std::any_of(wanted_->begin(), wanted_->end(),
                        [&](const auto& one) { return same_header(one, name); });
}

void answer_headers::take(std::string_view name, std::string_view value) {
  if (matters(name))
    fields_.emplace_back(name, trimmed(value));
}

void answer_headers::forget() {
  fields_.clear();
}

std::optional<std::string> answer_headers::value(std::string_view name) const {
  std::optional<std::string> all;
  for (const auto& [its_name, value] : fields_)
    if (same_header(its_name, name))
      all = all ? *all + ", " + value : value;
  return all;
}

} // namespace reeve::io
