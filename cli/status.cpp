#include "cli/commands.hpp"
#include "cli/question.hpp"
#include "cli/table.hpp"
#include "http/client.hpp"
#include "supervisor/text.hpp"

#include <algorithm>
#include <iostream>
#include <map>

namespace reeve::cli {

namespace {

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
  bool gave_up = false;
  for (const auto& s : services) {
    auto health = s.value("health", "");
    auto supervision = supervision_of(s);
    const bool is_given_up = supervision.starts_with("given_up");
    gave_up |= is_given_up;
    counts[counts_as(s)]++;
    rows.push_back({{s.value("name", "")},
                    {s.value("group", "")},
                    {health, colour_of_health(health)},
                    {supervision, supervision == "running" ? colour::plain
                                  : is_given_up            ? colour::bad
                                                           : colour::warning},
                    {distance_from_now(s, "since")},
                    {std::to_string(s.value("restarts", 0))},
                    {s.value("reason", "")}});
  }
  std::cout << render_table(
    {"SERVICE", "GROUP", "HEALTH", "SUPERVISION", "SINCE", "RESTARTS", "REASON"}, rows,
    stdout_wants_colour());
  std::cout << '\n' << counted(services.size(), "service");
  const char* separator = ": ";
  for (const auto& [health, n] : counts) {
    std::cout << separator << n << ' ' << health;
    separator = ", ";
  }
  std::cout << '\n';
  if (gave_up)
    std::cout
      << "What was given up is left alone until its try: `reeve restart NAME` tries it now, "
         "`reeve explain NAME` says why.\n";
}

} // namespace

int show_status(const std::string& config, const std::string& url, bool as_json) {
  const auto daemon = find_daemon_or_complain(url, config);
  if (!daemon)
    return exit_code::bad_config;
  auto answer = ask_daemon(daemon->url, "/api/v1/services", "services");
  if (!answer.body) {
    std::cerr << answer.problem << '\n';
    return answer.code;
  }
  auto& shown = *answer.body;
  const auto trouble = ask_state_trouble(daemon->url);
  if (!trouble.empty())
    shown["state"] = trouble;
  if (as_json)
    std::cout << shown.dump() << '\n';
  else
    print_table(shown["services"]);
  if (!as_json && !trouble.empty())
    std::cout << "The state of services is " << printable(trouble)
              << "; they are watched all the same, but the next Reeve will not know of it.\n";
  const auto& services = shown["services"];
  return std::all_of(services.begin(), services.end(), is_fine) ? exit_code::ok
                                                                : exit_code::negative;
}

int give_order(const std::string& config, const std::string& url, const std::string& token_file,
               order o, const std::string& name) {
  const auto daemon = find_daemon_or_complain(url, config);
  const auto token = daemon ? find_token_or_complain(token_file, *daemon) : std::nullopt;
  if (!token)
    return exit_code::bad_config;
  auto path = "/api/v1/services/" + name + "/" + std::string{to_string(o)};
  auto answer = http::ask(daemon->url, "POST", path, std::chrono::seconds{5}, *token);
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
