#include "supervisor/restarts/restart_plan.hpp"

namespace reeve {

restart_plan plan_restart(strategy s, const std::vector<member>& members, std::size_t failed) {
  const std::size_t first = s == strategy::one_for_all ? 0 : failed;
  const std::size_t end = s == strategy::one_for_one ? failed + 1 : members.size();
  restart_plan plan;
  for (std::size_t i = end; i-- > first;)
    if (members[i].alive)
      plan.stops.push_back(i);
  for (std::size_t i = first; i < end; ++i)
    if (members[i].startable)
      plan.starts.push_back(i);
  return plan;
}

} // namespace reeve
