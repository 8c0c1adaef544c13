#include "supervisor/facts/decision.hpp"

#include "supervisor/text.hpp"

namespace reeve {

std::string_view to_string(decision::kind k) {
  switch (k) {
  case decision::kind::wait:
    return "wait";
  case decision::kind::restart:
    return "restart";
  case decision::kind::hold:
    return "hold";
  case decision::kind::healed:
    return "healed";
  case decision::kind::leave:
    return "leave";
  case decision::kind::give_up:
    return "give_up";
  case decision::kind::escalate:
    return "escalate";
  case decision::kind::observed:
    return "observed";
  case decision::kind::wake:
    return "wake";
  }
  return "";
}

std::string_view to_string(restart_outcome o) {
  switch (o) {
  case restart_outcome::healthy:
    return "healthy";
  case restart_outcome::relapsed:
    return "relapsed";
  case restart_outcome::no_effect:
    return "no_effect";
  }
  return "";
}

std::string describe(const restart_judged& j) {
  switch (j.what) {
  case restart_outcome::healthy:
    return "healthy after " + describe(j.after);
  case restart_outcome::relapsed:
    return "relapsed after " + describe(j.after);
  case restart_outcome::no_effect:
    return "no effect";
  }
  return "";
}

} // namespace reeve
