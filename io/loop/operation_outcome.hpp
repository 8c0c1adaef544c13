#pragma once

#include "supervisor/result.hpp"

#include <utility>
#include <variant>

namespace reeve::io {

/// How an operation on a restart target ended.
struct operation_outcome : status {
  operation_outcome(status how, bool there_is_no_target = false)
      : status{std::move(how)}, no_target{there_is_no_target} {
  }
  operation_outcome(error e) : status{std::move(e)} {
  }
  operation_outcome(std::monostate done) : status{done} {
  }

  /// Not done, and no failure of the service: the engine did not answer, or there is nothing to
  /// act on.
  bool no_target = false;
};

} // namespace reeve::io
