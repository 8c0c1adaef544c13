#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

struct ares_channeldata;

namespace reeve::io {

class loop;

/// Whom to ask, and how patiently.
struct name_servers {
  std::vector<std::string> addresses;         ///< in digits, "[::1]:5353" with a port
  std::string resolv_conf;                    ///< for its search domains and options; empty: none
  std::chrono::milliseconds first_try{1'000}; ///< the next ones have twice as long each
  int tries = 2;                              ///< of each server
  bool take_refusals = false; ///< SERVFAIL and its like are answers, not a reason to ask the next
};

/// c-ares with its sockets and its timer on the loop. May be made on any thread,
/// everything else is for the loop's.
class name_channel {
public:
  name_channel(loop& l, const name_servers& servers);
  /// Whoever still waits is told ARES_EDESTRUCTION. REQUIRES: not within an answer.
  ~name_channel();
  name_channel(const name_channel&) = delete;
  name_channel& operator=(const name_channel&) = delete;

  /// Null: it could not be made.
  ares_channeldata* raw() {
    return channel_;
  }
  /// To be called after asking it anything.
  void set_timer();

  /// An ARES_ status and the answer as it came.
  using answered = std::function<void(int status, const std::string& message)>;

  /// Asks for the records of one type of exactly this name; `done` is called later, once.
  void ask(const std::string& name, int type, answered done);

private:
  struct socket_watch;
  static void socket_changed(void* self, int socket, int readable, int writable);
  void process(int readable, int writable);

  loop& home_;
  ares_channeldata* channel_ = nullptr;
  std::unordered_map<int, socket_watch*> sockets_;
  std::uint64_t timer_ = 0;
};

} // namespace reeve::io
