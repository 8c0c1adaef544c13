#include "cli/app.hpp"

#include "cli/commands.hpp"
#include "supervisor/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

namespace reeve::cli {

namespace {

struct words {
  run_options run;
  simulate_options simulation;
  tune_options tuning;
  std::string config;
  std::string url;
  std::string token_file;
  std::string name;
  std::vector<std::string> names;
  bool json = false;
};

void add_config(CLI::App* command, std::string& into) {
  command
    ->add_option("-c,--config", into,
                 "config file (default: $REEVE_CONFIG, ./reeve.yaml, /etc/reeve/reeve.yaml)")
    ->take_last();
}

void add_url(CLI::App* command, words& w) {
  add_config(command, w.config);
  command->add_option("--url", w.url,
                      "the daemon: http://HOST:PORT or unix:PATH (default: what the config "
                      "listens on)");
}

void add_run(CLI::App& app, words& w, int& code) {
  auto* command =
    app.add_subcommand("run", "Watch the services and bring them back when they fail");
  add_config(command, w.run.config);
  command->add_option("--state-dir", w.run.state_dir,
                      "folder for what outlives Reeve: restart counters, waits, pauses "
                      "(default: none, all is forgotten)");
  command->add_option("--log-level", w.run.log_level, "trace, debug, info, warn, error or off")
    ->capture_default_str();
  command->add_option("--log-format", w.run.log_format, "text or json")->capture_default_str();
  command->callback([&] { code = run(w.run); });
}

void add_questions(CLI::App& app, words& w, int& code) {
  auto* validating = app.add_subcommand("validate", "List every problem of a config file");
  add_config(validating, w.config);
  validating->callback([&] { code = validate(w.config); });

  auto* checking = app.add_subcommand("check", "Run every check once, and show what came back");
  add_config(checking, w.config);
  checking->add_flag("--json", w.json, "print JSON");
  checking->add_option("NAME", w.names, "only these services");
  checking->callback([&] { code = check(w.config, w.names, w.json); });

  auto* showing = app.add_subcommand("status", "Show how things stand with the running daemon");
  add_url(showing, w);
  showing->add_flag("--json", w.json, "print JSON");
  showing->callback([&] { code = show_status(w.config, w.url, w.json); });

  auto* explaining =
    app.add_subcommand("explain", "Show what was decided about a service's restarts, and why");
  add_url(explaining, w);
  explaining->add_flag("--json", w.json, "print JSON");
  explaining->add_option("NAME", w.name, "the service")->required();
  explaining->callback([&] { code = explain(w.config, w.url, w.name, w.json); });

  auto* living =
    app.add_subcommand("healthcheck", "For a container's HEALTHCHECK: is the daemon itself alive?");
  add_url(living, w);
  living->callback([&] { code = healthcheck(w.config, w.url); });
}

void add_simulate(CLI::App& app, words& w, int& code) {
  auto* command = app.add_subcommand("simulate", "Play failures against the policies of a config");
  add_config(command, w.simulation.config);
  command->add_option("-s,--scenario", w.simulation.scenario, "what fails when (YAML)")->required();
  command->add_flag("--json", w.simulation.json, "print one JSON object a line");
  command->add_option("--seed", w.simulation.seed, "of random failures and jitter")
    ->capture_default_str();
  command->callback([&] { code = simulate(w.simulation); });
}

void add_tune(CLI::App& app, words& w, int& code) {
  auto* command =
    app.add_subcommand("tune", "Compare many restart policies for a service, and pick one");
  auto& options = w.tuning;
  add_config(command, options.config);
  command->add_option("-s,--scenario", options.scenario, "what fails when (YAML)")->required();
  command->add_option("--service", options.service, "whose policy")->required();
  command->add_option("--seeds", options.seeds, "how often each policy is played")
    ->capture_default_str()
    ->check(CLI::Range(1, 100'000));
  command
    ->add_option("--spread", options.spread,
                 "outages are up to this share shorter or longer; 0: as written")
    ->capture_default_str()
    ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", options.json, "print JSON, all policies in it");
  command->add_option("--html", options.html, "write a page with a plot to this file");
  command->callback([&] { code = tune(options); });
}

void add_order(CLI::App& app, words& w, int& code, order o, const std::string& what) {
  auto* command = app.add_subcommand(std::string{to_string(o)}, what);
  add_url(command, w);
  command->add_option(
    "--token-file", w.token_file,
    "whose first line is the token to send (default: $REEVE_TOKEN_FILE, else what "
    "the config says)");
  command->add_option("NAME", w.name, "the service")->required();
  command->callback(
    [&w, &code, o] { code = give_order(w.config, w.url, w.token_file, o, w.name); });
}

// CLI11 only says that a subcommand is missing.
bool is_unknown_command(const CLI::App& app, const std::string& given) {
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  if (given.starts_with('-') || std::find(known.begin(), known.end(), given) != known.end())
    return false;
  const auto hint = did_you_mean(given, known);
  std::cerr << "no command '" << given << "'" << (hint.empty() ? "; see reeve --help" : hint)
            << '\n';
  return true;
}

bool names_a_file(const std::string& argument) {
  return argument.ends_with(".yaml") || argument.ends_with(".yml")
         || argument.find('/') != std::string::npos;
}

/// What to write instead of an argument that no option takes.
std::string hint_for_extra(const std::string& command, const std::string& extra) {
  if (!names_a_file(extra))
    return {};
  const bool plays = command == "simulate" || command == "tune";
  return "; a config file is given as -c " + extra
         + (plays ? ", a scenario as -s " + extra : std::string{});
}

std::string one_line_of(const CLI::App* app, const CLI::Error& e) {
  const auto used = app->get_subcommands();
  const auto command = used.empty() ? "" : used.front()->get_name();
  const auto extra = app->remaining(true);
  const auto help = "; see reeve" + (used.empty() ? "" : " " + command) + " --help\n";
  if (extra.empty())
    return e.what() + help;
  return "'" + one_line(extra.front(), 100) + "' is not expected here"
         + hint_for_extra(command, extra.front()) + help;
}

/// `help`, `help COMMAND` and `version`, as many know them from elsewhere, in the words of CLI11.
std::vector<std::string> as_options(std::vector<std::string> arguments) {
  if (arguments.empty())
    return arguments;
  if (arguments.front() == "version")
    arguments.front() = "--version";
  else if (arguments.front() == "help" && arguments.size() == 1)
    return {"--help"};
  else if (arguments.front() == "help")
    return {arguments[1], "--help"};
  return arguments;
}

// Options of a command stand after it.
bool is_option_too_early(const std::vector<std::string>& arguments) {
  const auto& first = arguments.front();
  if (first != "-c" && first != "--config" && !first.starts_with("--config="))
    return false;
  std::cerr << "options stand after the command: reeve COMMAND " << one_line(first, 100)
            << (arguments.size() > 1 && first.find('=') == std::string::npos
                  ? " " + one_line(arguments[1], 100)
                  : "")
            << "; see reeve --help\n";
  return true;
}

} // namespace

int app(int argc, char** argv) {
  CLI::App app{"Reeve watches services and brings them back when they fail.", "reeve"};
  app.set_version_flag("-V,-v,--version", "reeve " REEVE_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.failure_message(one_line_of);
  words w;
  int code = exit_code::ok;
  add_run(app, w, code);
  add_questions(app, w, code);
  add_simulate(app, w, code);
  add_tune(app, w, code);
  add_order(app, w, code, order::restart, "Restart a service; its backoff begins anew");
  add_order(app, w, code, order::stop, "Stop a service; it stays stopped");
  add_order(app, w, code, order::start, "Start a service that is stopped, ended or given up");
  add_order(app, w, code, order::pause, "Go on checking a service, but never restart it");
  add_order(app, w, code, order::resume, "Let a paused service be restarted again");
  auto arguments = as_options({argv + 1, argv + argc});
  if (!arguments.empty()
      && (is_unknown_command(app, arguments.front()) || is_option_too_early(arguments)))
    return exit_code::bad_config;
  try {
    std::reverse(arguments.begin(), arguments.end()); // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_code::ok : exit_code::bad_config;
  }
  return code;
}

} // namespace reeve::cli
