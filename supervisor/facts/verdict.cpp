#include "supervisor/facts/verdict.hpp"

namespace reeve {

void verdict::add(const service_picture& service) {
  if (counts_in_verdict(service.supervision))
    worst_ = worse(worst_, shown_health(service));
}

overall verdict::answer() const {
  const bool good =
    worst_ == health::healthy || (worst_ == health::degraded && fail_on_ != health::degraded);
  return {worst_, good ? 200 : 503};
}

health shown_health(const service_picture& service) {
  return service.supervision == supervision::given_up ? health::unhealthy : service.health;
}

} // namespace reeve
