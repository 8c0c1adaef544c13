#pragma once

#include "io/checks/check.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>

namespace reeve::io {

class docker_engine;
class loop;

/// Makes checks, and owns what they share (connections, certificates, the right to
/// run). Must outlive them. Loop thread only.
class check_engine {
public:
  /// `docker` may be null: docker checks then say that no engine is configured.
  check_engine(loop& l, docker_engine* docker);
  ~check_engine();

  /// REQUIRES: `spec` came from `config/` (its expressions compile). Unreadable
  /// certificate files are told by each run, as `not_run`.
  std::unique_ptr<check> make(const check_spec& spec);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
