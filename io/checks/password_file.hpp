#pragma once

#include "supervisor/result.hpp"

#include <functional>
#include <memory>
#include <string>

namespace reeve::io {

class loop;

/// One reading of a password file, in the background: its first line. Loop thread only.
class password_reading {
public:
  /// `done` is called once, later, unless this is destroyed before.
  password_reading(loop& l, const std::string& file, std::function<void(result<std::string>)> done);
  ~password_reading();
  password_reading(const password_reading&) = delete;
  password_reading& operator=(const password_reading&) = delete;

private:
  struct state;
  std::shared_ptr<state> state_; ///< the pool holds it too: a reading cannot be broken off
};

} // namespace reeve::io
