#include "http/front/request.hpp"

#include <algorithm>
#include <array>

namespace reeve::http {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name))
      return &value;
  return nullptr;
}

std::string_view method_label(std::string_view method) {
  static constexpr std::array<std::string_view, 7> usual{"GET",   "HEAD",   "POST",   "PUT",
                                                         "PATCH", "DELETE", "OPTIONS"};
  const auto found = std::find(usual.begin(), usual.end(), method);
  return found == usual.end() ? std::string_view{"other"} : *found;
}

} // namespace reeve::http
