#pragma once

#include "supervisor/result.hpp"
#include "supervisor/specs/daemon_spec.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// The sockets that wait for clients. Loop thread only.
class listener {
public:
  struct callbacks {
    std::function<void(int fd)> accepted; ///< takes the socket over
    /// Out of file descriptors: closes something, or says there is nothing to close.
    std::function<bool()> make_room;
  };

  listener(io::loop& l, callbacks told);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// On all of `at`, or on nothing. Once.
  status listen(const std::vector<listen_address>& at);
  /// With the ports that were free.
  const std::vector<listen_address>& addresses() const {
    return addresses_;
  }
  void close();

private:
  struct socket;
  struct socket_closer {
    void operator()(socket* s) const;
  };

  void accept_from(socket& s);
  void pause(socket& s);

  io::loop& loop_;
  callbacks told_;
  std::vector<listen_address> addresses_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(); // for timers that outlive us
  std::vector<std::unique_ptr<socket, socket_closer>> sockets_;
};

} // namespace reeve::http
