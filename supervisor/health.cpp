#include "supervisor/health.hpp"

namespace reeve {

std::string_view to_string(health h) {
  switch (h) {
  case health::healthy:
    return "healthy";
  case health::degraded:
    return "degraded";
  case health::starting:
    return "starting";
  case health::unknown:
    return "unknown";
  case health::unhealthy:
    return "unhealthy";
  }
  return "";
}

std::string_view to_string(supervision s) {
  switch (s) {
  case supervision::running:
    return "running";
  case supervision::waiting:
    return "waiting";
  case supervision::restarting:
    return "restarting";
  case supervision::given_up:
    return "given_up";
  case supervision::paused:
    return "paused";
  case supervision::ended:
    return "ended";
  case supervision::stopped:
    return "stopped";
  }
  return "";
}

std::string_view to_string(check_result r) {
  switch (r) {
  case check_result::ok:
    return "ok";
  case check_result::degraded:
    return "degraded";
  case check_result::failed:
    return "failed";
  case check_result::unknown:
    return "unknown";
  case check_result::skipped:
    return "skipped";
  }
  return "";
}

bool counts_in_verdict(supervision s) {
  return s != supervision::ended && s != supervision::paused && s != supervision::stopped;
}

} // namespace reeve
