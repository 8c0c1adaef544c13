#pragma once

#include "io/loop/descriptor.hpp"
#include "io/loop/fault.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace reeve::io {

class loop;
class poll_watch;

/// Connects to whichever of a host's addresses accepts first. They are tried in order, the next
/// one as soon as the last has failed or has been silent for 250 ms (what RFC 8305 advises);
/// those before it go on meanwhile. Destroying it gives up. Loop thread only.
class dial {
public:
  /// Either a connected socket and the address it leads to, or none and why.
  struct result {
    descriptor socket;
    sockaddr_storage address{};
    fault failure;
  };
  /// Told later, once, and may destroy the dial.
  using completion = std::function<void(result)>;

  /// REQUIRES: one address at least.
  dial(loop& l, std::vector<sockaddr_storage> addresses, completion done);
  ~dial();
  dial(const dial&) = delete;
  dial& operator=(const dial&) = delete;

  /// What it comes to if nobody answers any more; `timeout` is for the words.
  fault too_late(std::chrono::milliseconds timeout) const;

private:
  struct attempt;

  void try_next();
  void ended(std::size_t which);
  void failed(int error);

  loop& home_;
  std::vector<sockaddr_storage> addresses_;
  completion done_;
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<attempt>> attempts_; ///< one per address tried; null: it failed
  std::vector<fault> failures_;
  std::uint64_t timer_ = 0; ///< the next one's turn, or to tell
};

} // namespace reeve::io
