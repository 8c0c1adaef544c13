#pragma once

#include "tests/io/support/server.hpp"

#include <sys/un.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace reeve::io::test {

/// A real Redis on a free port and a unix socket; `settings` are lines of its
/// configuration.
class redis_server {
public:
  explicit redis_server(const temp_folder& folder, const std::string& settings = "")
      : folder_{folder}, settings_{settings} {
    for (int attempt = 0; attempt < 10; ++attempt) {
      port_ = free_port();
      if (try_start())
        return;
    }
    throw std::runtime_error("redis-server does not start: " + content_of(log()));
  }

  void stop() {
    program_.reset();
  }
  /// On the same port.
  void start() {
    if (!try_start())
      throw std::runtime_error("redis-server does not start again: " + content_of(log()));
  }

  int port() const {
    return port_;
  }
  std::string unix_socket() const {
    return folder_ / "redis.sock";
  }

private:
  bool try_start() {
    const auto config = folder_.file(
      "redis.conf", "bind 127.0.0.1\nport " + std::to_string(port_) + "\nunixsocket "
                      + unix_socket() + "\nsave \"\"\ndir " + folder_.path() + "\n" + settings_);
    program_ =
      std::make_unique<running_program>(std::vector<std::string>{"redis-server", config}, log());
    while (!program_->ended()) {
      if (accepts())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return false; // somebody else took the port
  }

  /// The socket comes after the port.
  bool accepts() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_socket().copy(address.sun_path, sizeof address.sun_path - 1);
    const bool ok = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return ok;
  }

  std::string log() const {
    return folder_ / "redis.log";
  }

  const temp_folder& folder_;
  std::string settings_;
  int port_ = 0;
  std::unique_ptr<running_program> program_;
};

} // namespace reeve::io::test
