#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace reeve::io::test {

inline sockaddr_in loopback(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

/// A socket bound to a free port of the loopback address; `port` tells which.
inline int bound_socket(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

/// A port nobody listens on (as far as anybody can know).
inline int free_port() {
  int port = 0;
  close(bound_socket(port));
  return port;
}

inline bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// A request with its headers, or what came before the connection ended.
inline std::string receive_headers(int fd) {
  std::string all;
  char buffer[4'096];
  while (all.find("\r\n\r\n") == std::string::npos) {
    const auto n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0)
      break;
    all.append(buffer, static_cast<std::size_t>(n));
  }
  return all;
}

/// Closes with a reset.
inline void reset_connection(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

/// Hears whatever the other side says until it goes.
inline void hear_out(int fd) {
  char some[256];
  while (recv(fd, some, sizeof some, 0) > 0) {
  }
}

/// For a `listener`: says this, which may be nothing, and then only listens.
inline std::function<bool(int fd)> saying(std::string what) {
  return [what = std::move(what)](int fd) {
    send_all(fd, what);
    hear_out(fd);
    return true;
  };
}

enum class and_then { hangs_up, resets, listens };

/// For a `listener`: hears a request, says this, and then does that.
inline std::function<bool(int fd)> answering(std::string what, and_then end = and_then::hangs_up) {
  return [what = std::move(what), end](int fd) {
    char request[256];
    (void)recv(fd, request, sizeof request, 0);
    send_all(fd, what);
    if (end == and_then::listens)
      hear_out(fd);
    if (end == and_then::resets)
      reset_connection(fd);
    return end != and_then::resets;
  };
}

/// A server that does to each connection what it is told, on a thread each. The
/// connection is closed afterwards unless `serve` gave it away by returning false.
class listener {
public:
  explicit listener(std::function<bool(int fd)> serve) : serve_{std::move(serve)} {
    fd_ = bound_socket(port_);
    listen(fd_, 64);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  ~listener() {
    shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard guard{lock_};
      for (const int fd : open_)
        shutdown(fd, SHUT_RDWR);
    }
    for (auto& t : threads_)
      t.join();
    close(fd_);
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  int port() const {
    return port_;
  }
  std::string url(std::string_view scheme = "http") const {
    return std::string{scheme} + "://127.0.0.1:" + std::to_string(port_) + "/";
  }

private:
  void accept_all() {
    for (;;) {
      const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0)
        return;
      std::lock_guard guard{lock_};
      open_.push_back(fd);
      threads_.emplace_back([this, fd] {
        const bool ours = serve_(fd);
        std::lock_guard closing{lock_};
        std::erase(open_, fd);
        if (ours)
          close(fd);
      });
    }
  }

  std::function<bool(int)> serve_;
  int fd_ = -1;
  int port_ = 0;
  std::mutex lock_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A listening port whose queue is full: a new connection gets no answer at all.
class full_port {
public:
  full_port() {
    fd_ = bound_socket(port_);
    listen(fd_, 0);
    for (int i = 0; i < 4; ++i) {
      const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const auto address = loopback(port_);
      (void)connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      clients_.push_back(client);
    }
  }
  ~full_port() {
    for (const int client : clients_)
      close(client);
    close(fd_);
  }
  full_port(const full_port&) = delete;
  full_port& operator=(const full_port&) = delete;

  int port() const {
    return port_;
  }

private:
  int fd_ = -1;
  int port_ = 0;
  std::vector<int> clients_;
};

} // namespace reeve::io::test
