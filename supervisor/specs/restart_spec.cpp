#include "supervisor/specs/restart_spec.hpp"

namespace reeve {

bool wants_restart(restart_type type, bool clean) {
  switch (type) {
  case restart_type::permanent:
    return true;
  case restart_type::transient:
    return !clean;
  case restart_type::temporary:
    return false;
  }
  return false;
}

bool is_uncounted(const restart_spec& spec, bool clean) {
  return clean && spec.type == restart_type::permanent && spec.clean_exit == clean_exit::uncounted;
}

} // namespace reeve
