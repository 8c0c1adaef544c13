#pragma once

#include "io/checks/check.hpp"
#include "supervisor/time.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace reeve::io {

class loop;

/// Carries `check_lanes`: each check waits for its turn, and only then its timeout
/// begins. Few begin in one turn of the loop. Loop thread only; outlives its checks.
///
/// It also keeps our faults off the services: what failed while Reeve was not there for
/// a while is `not_run`, and no latency or age counts that time.
class check_turns {
public:
  using clock = std::function<instant()>;

  check_turns(loop& l, std::size_t most_at_once, clock read_clocks = {});
  ~check_turns();
  check_turns(const check_turns&) = delete;
  check_turns& operator=(const check_turns&) = delete;

  enum class place {
    needed,
    not_needed, ///< it begins at once: what it takes is little and shared
  };

  /// `inner`, behind its turn. A run that took `timeout` hung.
  std::unique_ptr<check> wrap(std::unique_ptr<check> inner, std::chrono::milliseconds timeout,
                              place p = place::needed);

  std::size_t places() const; ///< how many may run at once now
  std::size_t running() const;
  std::size_t waiting() const;

private:
  struct state;
  class turn_taker;
  std::unique_ptr<state> state_;
};

/// As many as half of the descriptors that the limit allows, and no more than 4,000: a
/// transfer takes 17 kB.
std::size_t most_checks_at_once();

} // namespace reeve::io
