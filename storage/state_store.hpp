#pragma once

#include "supervisor/result.hpp"
#include "supervisor/tree/remembered.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace reeve::storage {

/// Keeps what outlives Reeve in the folder that `--state-dir` names. All writing is done on a
/// thread of its own: nobody ever waits for a disk, but for `open` and `close`, which have limits.
///
/// Trouble with the disk is logged when it begins and when it ends, and tried again until it ends:
/// everything is in memory too, and then written anew.
class state_store {
public:
  struct pauses {
    std::chrono::milliseconds gathering{20};    ///< changes, before they are written
    std::chrono::milliseconds first_retry{500}; ///< after trouble; doubled each time
    std::chrono::milliseconds longest_retry{10'000};
    std::chrono::milliseconds between_looks{60'000}; ///< whether the file is still there
  };

  explicit state_store(std::string folder);
  state_store(std::string folder, pauses p);
  /// As `close` without waiting.
  ~state_store();
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;

  /// What is remembered. An error: a person must decide (another Reeve uses the folder, a newer one
  /// wrote it, it is a file). Any other trouble, or a disk that does not answer within `limit`, is
  /// logged, and nothing is remembered. Once.
  result<remembered> open(std::chrono::milliseconds limit = std::chrono::seconds{10});

  /// Takes what changed, to be written within moments; at once if somebody waits for it. `kept` is
  /// called on the writer's thread when all that was taken so far is on the disk, or cannot be
  /// written now. Any thread, after `open`.
  void keep(const remembered& changes, std::function<void()> kept = {});

  /// Any thread.
  storage_health health() const;

  /// Writes what is left; gives up after `limit`. Nothing is taken afterwards.
  void close(std::chrono::milliseconds limit);

private:
  struct state;
  std::shared_ptr<state> state_; // the thread's too, which may hang for ever in a write
};

} // namespace reeve::storage
