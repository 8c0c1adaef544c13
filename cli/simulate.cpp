#include "cli/commands.hpp"
#include "cli/event_writer.hpp"
#include "cli/table.hpp"
#include "supervisor/play/simulation.hpp"
#include "supervisor/text.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>

namespace reeve::cli {

namespace {

using std::chrono::milliseconds;

double availability(const service_outcome& s, milliseconds duration) {
  return static_cast<double>((duration - s.downtime).count())
         / static_cast<double>(duration.count());
}

// Cut, not rounded: a minute missed in a year is not 100 %.
std::string availability_text(const service_outcome& s, milliseconds duration) {
  const auto thousandths = (duration - s.downtime).count() * 100'000 / duration.count();
  char text[32];
  std::snprintf(text, sizeof text, "%d.%03d %%", static_cast<int>(thousandths / 1'000),
                static_cast<int>(thousandths % 1'000));
  return text;
}

void print_summary(const simulation_result& result, milliseconds duration) {
  std::vector<std::vector<cell>> rows;
  for (const auto& s : result.services)
    rows.push_back(
      {{s.name},
       {describe(s.downtime), s.downtime.count() > 0 ? colour::warning : colour::plain},
       {std::to_string(s.restarts)},
       {std::to_string(s.give_ups), s.give_ups > 0 ? colour::bad : colour::plain},
       {availability_text(s, duration)}});
  std::cout << '\n'
            << render_table({"SERVICE", "DOWNTIME", "RESTARTS", "GIVE-UPS", "AVAILABILITY"}, rows,
                            stdout_wants_colour());
  if (result.exited)
    std::cout << "\nThe root was exhausted: Reeve ended before the " << describe(duration)
              << " were over.\n";
}

void print_json_summary(const simulation_result& result, milliseconds duration) {
  auto services = nlohmann::ordered_json::object();
  for (const auto& s : result.services)
    services[s.name] = {{"downtime_ms", s.downtime.count()},
                        {"restarts", s.restarts},
                        {"give_ups", s.give_ups},
                        {"availability", availability(s, duration)}};
  std::cout << nlohmann::ordered_json{{"summary", services}}.dump() << '\n';
}

} // namespace

int simulate(const simulate_options& options) {
  const auto config = load_or_complain(options.config, environment_for_play());
  if (!config)
    return exit_code::bad_config;
  const auto scenario = load_scenario_or_complain(options.scenario, config->spec);
  if (!scenario)
    return exit_code::bad_config;
  simulation_result result;
  {
    event_writer writer{std::cout, config->spec, scenario->duration, options.json};
    result = reeve::simulate(config->spec, *scenario, options.seed,
                             [&writer](const simulation_event& e) { writer.write(e); });
  }
  if (options.json)
    print_json_summary(result, scenario->duration);
  else
    print_summary(result, scenario->duration);
  return exit_code::ok;
}

} // namespace reeve::cli
