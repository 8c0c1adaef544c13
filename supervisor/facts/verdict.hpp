#pragma once

#include "supervisor/facts/snapshot.hpp"

#include <string_view>

namespace reeve {

/// What the health page says about a set of services.
struct overall {
  reeve::health status = health::healthy;
  int http_code = 200;
};

/// The worst service that counts (not ended, paused or stopped). Healthy and
/// degraded are 200; with `fail_on` degraded only healthy is; all else is 503.
/// A given-up service is unhealthy whatever it last answered.
class verdict {
public:
  explicit verdict(health fail_on) : fail_on_{fail_on} {
  }

  void add(const service_picture& service);

  overall answer() const;

private:
  health fail_on_;
  health worst_ = health::healthy;
};

/// Health as the page shows it.
health shown_health(const service_picture& service);

} // namespace reeve
