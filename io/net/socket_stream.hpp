#pragma once

#include "io/loop/fault.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

class dial;
class lookup;
class loop;
class resolver;
struct resolution;

/// A connection to a host or a Unix socket, made and spoken over. Loop thread only.
class socket_stream {
public:
  /// Told later, never inside a call; may destroy the stream, and nothing is told
  /// after that.
  struct listener {
    virtual void connected() = 0;
    virtual void could_not_connect(fault why) = 0;
    virtual void received(std::string_view bytes) = 0;
    virtual void ended(int os_error) = 0; ///< no more will come; 0: the peer closed
    virtual void sent(int os_error) = 0;  ///< one for each `send`; 0: given to the kernel

  protected:
    ~listener() = default;
  };

  socket_stream(loop& l, resolver& names, listener& who);
  /// Resets the connection, so that neither side is left with a port that waits; or
  /// closes it in order once it was spoken or listened to.
  ~socket_stream();
  socket_stream(const socket_stream&) = delete;
  socket_stream& operator=(const socket_stream&) = delete;

  /// Whichever of the host's addresses accepts first.
  void connect(const std::string& host, int port);
  void connect(const std::string& unix_socket);

  /// The name service has not answered yet.
  bool resolving() const;
  /// What not being connected by now comes to; `timeout` is for the words.
  /// REQUIRES: neither resolving nor connected.
  fault too_late(std::chrono::milliseconds timeout) const;

  // REQUIRES: connected.
  void start_reading();
  void send(std::string bytes);
  /// As far as the kernel takes them at once; tells nobody.
  void try_send(std::string_view bytes);

private:
  struct attempt;

  void resolved(resolution r);
  void dial_to(std::vector<sockaddr_storage> addresses);
  void take(int socket);
  void came_through(int error);
  void no_socket(int error);
  void drop_attempt();

  loop& home_;
  resolver& names_;
  listener& who_;
  attempt* attempt_ = nullptr; ///< libuv keeps it until it is closed
  std::string unix_socket_;    ///< empty: a host's address
  bool spoken_ = false;
  std::unique_ptr<lookup> lookup_;
  std::unique_ptr<dial> dial_;
  std::uint64_t timer_ = 0; ///< what must not happen inside a call
};

} // namespace reeve::io
