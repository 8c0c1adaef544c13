#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "http/client.hpp"
#include "supervisor/text.hpp"

#include <nlohmann/json.hpp>

#include <ctime>
#include <iostream>
#include <map>

namespace reeve::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds patience{5};

// "4m" between an RFC 3339 time, which has whole seconds, and now; empty if there is none.
std::string age_of(const json& service, const char* key) {
  auto text = service.value(key, "");
  std::tm tm{};
  if (text.size() < 19 || strptime(text.substr(0, 19).c_str(), "%Y-%m-%dT%H:%M:%S", &tm) == nullptr)
    return "";
  auto then = std::chrono::system_clock::from_time_t(timegm(&tm));
  auto age = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now() - then);
  return age.count() == 0 ? "< 1 s" : describe(std::chrono::abs(age));
}

std::string supervision_of(const json& service) {
  auto state = service.value("supervision", "");
  if (state == "waiting" && service.contains("next_restart"))
    return "waiting, restart in " + age_of(service, "next_restart");
  return state;
}

// Its health; or why that does not count.
std::string counts_as(const json& service) {
  auto state = service.value("supervision", "");
  bool as_wanted = state == "ended" || state == "paused" || state == "stopped";
  return as_wanted ? state : service.value("health", "");
}

bool is_fine(const json& service) {
  auto as = counts_as(service);
  return as != "starting" && as != "unknown" && as != "unhealthy";
}

void print_table(const json& services) {
  std::vector<std::vector<cell>> rows;
  std::map<std::string, int> counts;
  for (const auto& s : services) {
    auto health = s.value("health", "");
    auto supervision = supervision_of(s);
    counts[counts_as(s)]++;
    rows.push_back({{s.value("name", "")},
                    {s.value("group", "")},
                    {health, colour_of_health(health)},
                    {supervision, supervision == "running"    ? colour::plain
                                  : supervision == "given_up" ? colour::bad
                                                              : colour::warning},
                    {age_of(s, "since")},
                    {std::to_string(s.value("restarts", 0))},
                    {printable(s.value("reason", ""))}});
  }
  std::cout << render_table(
    {"SERVICE", "GROUP", "HEALTH", "SUPERVISION", "SINCE", "RESTARTS", "REASON"}, rows,
    stdout_wants_colour());
  std::cout << '\n' << services.size() << (services.size() == 1 ? " service:" : " services:");
  const char* separator = " ";
  for (const auto& [health, n] : counts) {
    std::cout << separator << n << ' ' << health;
    separator = ", ";
  }
  std::cout << '\n';
}

std::string message_of(const std::string& body) {
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_object() && parsed.contains("error") && parsed["error"].is_object())
    return parsed["error"].value("message", body);
  return body;
}

} // namespace

int show_status(const std::string& config, const std::string& url, bool as_json) {
  auto base = daemon_url(url, config);
  auto answer = http::ask(base, "GET", "/api/v1/services", patience);
  if (!answer) {
    std::cerr << answer.sentence() << '\n';
    return exit_code::no_daemon;
  }
  auto parsed = json::parse(answer->body, nullptr, false);
  if (answer->status != 200 || !parsed.is_object() || !parsed["services"].is_array()) {
    std::cerr << "what answers at " << base << " is no Reeve: give --url\n";
    return exit_code::no_daemon;
  }
  if (as_json)
    std::cout << answer->body << '\n';
  else
    print_table(parsed["services"]);
  for (const auto& service : parsed["services"])
    if (!is_fine(service))
      return exit_code::negative;
  return exit_code::ok;
}

int give_order(const std::string& config, const std::string& url, order o,
               const std::string& name) {
  auto path = "/api/v1/services/" + name + "/" + std::string{to_string(o)};
  auto answer = http::ask(daemon_url(url, config), "POST", path, patience);
  if (!answer) {
    std::cerr << answer.sentence() << '\n';
    return exit_code::no_daemon;
  }
  if (answer->status != 202) {
    std::cerr << message_of(answer->body) << '\n';
    return exit_code::negative;
  }
  std::cout << name << ": " << to_string(o) << " ordered\n";
  return exit_code::ok;
}

} // namespace reeve::cli
