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
  return same_header(name, "content-encoding") || same_header(name, "location")
         || std::any_of(wanted_->begin(), wanted_->end(),
                        [&](const auto& one) { return same_header(one, name); });
}

void answer_headers::take(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    fields_.clear();
    continues_ = false;
    return;
  }
  if (line.starts_with(' ') || line.starts_with('\t')) {
    if (continues_)
      fields_.back().second.append(" ").append(trimmed(line));
    return;
  }
  const auto colon = line.find(':');
  const auto name = trimmed(line.substr(0, colon));
  continues_ = colon != line.npos && matters(name);
  if (continues_)
    fields_.emplace_back(name, trimmed(line.substr(colon + 1)));
}

std::optional<std::string> answer_headers::value(std::string_view name) const {
  std::optional<std::string> all;
  for (const auto& [its_name, value] : fields_)
    if (same_header(its_name, name))
      all = all ? *all + ", " + value : value;
  return all;
}

std::optional<std::string> answer_headers::first(std::string_view name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const auto& f) { return same_header(f.first, name); });
  return found == fields_.end() ? std::nullopt : std::optional{found->second};
}

} // namespace reeve::io
