#pragma once

#include "supervisor/facts/blame.hpp"
#include "supervisor/result.hpp"

#include <utility>
#include <variant>

namespace reeve::io {

/// How an operation on a restart target ended.
struct operation_outcome : status {
  operation_outcome(status how, blame who = blame::service) : status{std::move(how)}, whose{who} {
  }
  operation_outcome(error e, blame who = blame::service) : status{std::move(e)}, whose{who} {
  }
  operation_outcome(std::monostate done) : status{done} {
  }

  blame whose = blame::service; ///< the failure, if it is one
};

} // namespace reeve::io
