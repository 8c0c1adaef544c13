#include "cli/question.hpp"

#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "http/client.hpp"
#include "supervisor/text.hpp"

#include <ctime>

namespace reeve::cli {

namespace {

constexpr std::chrono::seconds patience{5};

} // namespace

daemon_answer ask_daemon(const std::string& base, const std::string& path, const std::string& key) {
  const auto answer = http::ask(base, "GET", path, patience);
  if (!answer)
    return {{}, answer.sentence(), exit_code::no_daemon};
  auto parsed = json::parse(answer->body, nullptr, false);
  if (answer->status == 200 && parsed.is_object() && parsed.contains(key))
    return {std::move(parsed), "", exit_code::ok};
  if (parsed.is_object() && parsed.contains("error"))
    return {{}, message_of(answer->body), exit_code::negative};
  return {{}, "what answers at " + base + " is no Reeve: give --url", exit_code::no_daemon};
}

std::string ask_state_trouble(const std::string& base) {
  const auto answer = http::ask(base, "GET", "/readyz", patience);
  const auto parsed = answer ? json::parse(answer->body, nullptr, false) : json{};
  return parsed.is_object() ? parsed.value("state", "") : "";
}

std::string message_of(const std::string& body) {
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_object())
    return printable(parsed["error"].value("message", body));
  return printable(body);
}

std::string distance_from_now(const json& from, const char* key) {
  auto text = from.value(key, "");
  std::tm tm{};
  if (text.size() < 19 || strptime(text.substr(0, 19).c_str(), "%Y-%m-%dT%H:%M:%S", &tm) == nullptr)
    return "";
  auto then = std::chrono::system_clock::from_time_t(timegm(&tm));
  auto since = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - then);
  return since.count() == 0 ? "< 1 s" : describe(std::chrono::abs(since));
}

std::string supervision_of(const json& service) {
  auto state = service.value("supervision", "");
  if (state == "waiting" && service.contains("next_restart"))
    return "waiting, restart in " + distance_from_now(service, "next_restart");
  if (state == "given_up" && service.contains("next_restart"))
    return "given_up, a try in " + distance_from_now(service, "next_restart");
  return state;
}

} // namespace reeve::cli
