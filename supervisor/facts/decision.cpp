#include "supervisor/facts/decision.hpp"

#include "supervisor/text.hpp"

namespace reeve {

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
