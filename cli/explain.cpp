#include "cli/commands.hpp"
#include "cli/question.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <iostream>

namespace reeve::cli {

namespace {

colour colour_of(const std::string& decision) {
  if (decision == "give_up" || decision == "escalate")
    return colour::bad;
  if (decision == "hold" || decision == "wait" || decision == "restart" || decision == "wake")
    return colour::warning;
  return colour::plain;
}

void print_decisions(const json& decisions) {
  std::vector<std::vector<cell>> rows;
  for (const auto& d : decisions) {
    const auto what = d.value("decision", "");
    rows.push_back({{distance_from_now(d, "at") + " ago"},
                    {what, colour_of(what)},
                    {d.value("explanation", "")}});
  }
  std::cout << render_table({"WHEN", "DECISION", "WHY"}, rows, stdout_wants_colour());
}

bool names_docker_kill(const json& decisions) {
  return std::any_of(decisions.begin(), decisions.end(), [](const json& d) {
    return d.value("explanation", "").find("(docker kill)") != std::string::npos;
  });
}

} // namespace

int explain(const std::string& config, const std::string& url, const std::string& name,
            bool as_json) {
  const auto daemon = find_daemon_or_complain(url, config);
  if (!daemon)
    return exit_code::bad_config;
  const auto service = ask_daemon(daemon->url, "/api/v1/services/" + name, "name");
  const auto said = ask_daemon(daemon->url, "/api/v1/services/" + name + "/decisions", "decisions");
  for (const auto* answer : {&service, &said})
    if (!answer->body) {
      std::cerr << answer->problem << '\n';
      return answer->code;
    }
  if (as_json) {
    std::cout << said.body->dump() << '\n';
    return exit_code::ok;
  }
  const auto reason = printable(service.body->value("reason", ""));
  const auto supervision = printable(supervision_of(*service.body));
  std::cout << name << " is " << printable(service.body->value("health", "")) << ", " << supervision
            << (reason.empty() ? "" : ": " + reason) << '\n';
  if (supervision.starts_with("given_up"))
    std::cout << "`reeve restart " << name << "` tries it now.\n";
  std::cout << '\n';
  if ((*said.body)["decisions"].empty())
    std::cout << "Nothing was decided about it since Reeve began.\n";
  else
    print_decisions((*said.body)["decisions"]);
  if (names_docker_kill((*said.body)["decisions"]))
    std::cout
      << "\n`docker kill` is a failure, and is restarted; `docker stop` and `docker pause` are "
         "respected.\n";
  return exit_code::ok;
}

} // namespace reeve::cli
