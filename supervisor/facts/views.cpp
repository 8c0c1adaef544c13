#include "supervisor/facts/views.hpp"

namespace reeve {

std::string_view to_string(order o) {
  switch (o) {
  case order::restart:
    return "restart";
  case order::stop:
    return "stop";
  case order::start:
    return "start";
  case order::pause:
    return "pause";
  case order::resume:
    return "resume";
  }
  return "";
}

} // namespace reeve
