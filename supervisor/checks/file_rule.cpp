#include "supervisor/checks/file_rule.hpp"

#include <string>

namespace reeve {

check_verdict evaluate_file(const expectation& expected, const result<reply>& found,
                            std::chrono::milliseconds run_for) {
  const auto limit = expected.age.unhealthy ? expected.age.unhealthy : expected.age.degraded;
  const bool young = limit && run_for <= *limit;
  if (!found && !young)
    return {check_result::failed, found.sentence()};
  if (found && (!found->age || *found->age <= run_for))
    return evaluate(expected, *found);
  auto asked = expected;
  if (young)
    asked.fields.clear();
  const auto missing = found ? "" : found.sentence() + ", and the service started";
  auto of_the_start = found ? *found : reply{.age_of = missing};
  of_the_start.age = run_for;
  return evaluate(asked, of_the_start);
}

} // namespace reeve
