#pragma once

#include "supervisor/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reeve::io {
class loop;
}

namespace reeve::http {

/// The sockets that wait for clients. Loop thread only.
class listener {
public:
  struct callbacks {
    std::function<void(int fd, bool from_loopback)> accepted; ///< takes the socket over
    /// Out of file descriptors: closes something, or says there is nothing to close.
    std::function<bool()> make_room;
  };

  listener(io::loop& l, callbacks told);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// Binds every address that `host` stands for. Port 0: any that is free.
  status listen(const std::string& host, int port);
  int port() const {
    return port_;
  }

private:
  struct socket;
  struct socket_closer {
    void operator()(socket* s) const;
  };

  void accept_from(socket& s);
  void pause(socket& s);

  io::loop& loop_;
  callbacks told_;
  int port_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(); // for timers that outlive us
  std::vector<std::unique_ptr<socket, socket_closer>> sockets_;
};

} // namespace reeve::http
