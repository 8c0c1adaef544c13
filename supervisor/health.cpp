#include "supervisor/health.hpp"

namespace reeve {

bool counts_in_verdict(supervision s) {
  return s != supervision::ended && s != supervision::paused && s != supervision::stopped;
}

} // namespace reeve
