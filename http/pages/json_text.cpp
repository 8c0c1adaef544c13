#include "http/pages/json_text.hpp"

#include "http/front/answer.hpp"

#include <algorithm>

namespace reeve::http {

std::string to_text(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string quote(std::string_view text) {
  const bool plain = std::all_of(
    text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!plain)
    return to_text(std::string{text});
  std::string out;
  out.reserve(text.size() + 2);
  return out.append(1, '"').append(text).append(1, '"');
}

answer error_answer(int status, std::string_view code, std::string_view message) {
  answer a;
  a.status = status;
  a.body = "{\"error\":{\"code\":" + quote(code) + ",\"message\":" + quote(message) + "}}";
  return a;
}

} // namespace reeve::http
