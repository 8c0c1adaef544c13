#include "supervisor/specs/service_spec.hpp"

namespace reeve {

std::string_view to_string(strategy s) {
  switch (s) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  }
  return "";
}

std::string_view to_string(on_exhausted o) {
  return o == on_exhausted::give_up ? "give_up" : "escalate";
}

} // namespace reeve
