#pragma once

#include "config/load.hpp"
#include "supervisor/play/scenario.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve::config {

struct loaded_scenario {
  scenario played;
  std::vector<problem> warnings; ///< what comes after the end
};

/// All problems at once, in file order, or a scenario without any.
using scenario_result = std::variant<loaded_scenario, std::vector<problem>>;

/// Reads and checks a scenario for the services of `spec`. Blocks on reading; any thread.
scenario_result load_scenario_file(const std::string& file, const daemon_spec& spec,
                                   const environment& env);

/// The same of a text; `file` is the name that problems carry.
scenario_result load_scenario_text(std::string_view text, const std::string& file,
                                   const daemon_spec& spec, const environment& env);

} // namespace reeve::config
