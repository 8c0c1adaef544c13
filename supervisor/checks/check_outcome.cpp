#include "supervisor/checks/check_outcome.hpp"

namespace reeve {

check_verdict judge(const expectation& expected, const check_outcome& outcome) {
  switch (outcome.what) {
  case check_outcome::kind::answered:
    return evaluate(expected, outcome.answer);
  case check_outcome::kind::failed:
    return {check_result::failed, outcome.reason};
  case check_outcome::kind::not_run:
    return {check_result::unknown, outcome.reason};
  case check_outcome::kind::cancelled:
    return {check_result::unknown, "the check was broken off"};
  }
  return {check_result::unknown, outcome.reason};
}

} // namespace reeve
