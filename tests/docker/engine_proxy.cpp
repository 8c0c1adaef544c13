#include "tests/docker/engine_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <list>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::io::test {

namespace {

struct pair {
  int client = -1;
  int engine = -1;
  bool events = false;
  bool order = false;
  bool look = false;
  bool answered = false; // the head of the event stream came through
  bool over = false;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  path.copy(a.sun_path, sizeof a.sun_path - 1);
  return a;
}

std::string read_some(int fd) {
  std::array<char, 65536> buffer{};
  auto n = read(fd, buffer.data(), buffer.size());
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace

engine_proxy::engine_proxy(std::string own_socket, std::string engine_socket)
    : engine_{std::move(engine_socket)} {
  unlink(own_socket.c_str());
  auto address = address_of(own_socket);
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  listen(listener_, 64);
  thread_ = std::thread{[this] { serve(); }};
}

engine_proxy::~engine_proxy() {
  over_ = true;
  thread_.join();
  close(listener_);
}

void engine_proxy::serve() {
  std::list<pair> pairs;
  while (!over_) {
    std::vector<pollfd> fds{{listener_, POLLIN, 0}};
    for (auto& p : pairs) {
      fds.push_back({p.client, POLLIN, 0});
      fds.push_back({p.look && hold_looks ? -1 : p.engine, POLLIN, 0});
    }
    poll(fds.data(), fds.size(), 20);
    std::size_t i = 1;
    for (auto& p : pairs) {
      bool from_client = fds[i++].revents != 0;
      bool from_engine = fds[i++].revents != 0;
      if (from_client) {
        auto text = read_some(p.client);
        p.over = text.empty();
        p.events = p.events || text.find("/events?") != std::string::npos;
        p.order = text.starts_with("POST ");
        orders += p.order ? 1 : 0;
        p.look = text.find("/containers/") != std::string::npos && !p.order;
        looks += p.look ? 1 : 0;
        write_all(p.engine, text);
      }
      if (from_engine && !p.over) {
        auto text = read_some(p.engine);
        p.over = text.empty() || (p.order && cut_orders);
        bool swallow = p.events && p.answered && swallow_events;
        if (!p.over && !swallow)
          write_all(p.client, text);
        p.answered = p.events;
      }
    }
    for (auto& p : pairs)
      p.over = p.over || cut_all;
    for (auto& p : pairs)
      if (p.over) {
        close(p.client);
        close(p.engine);
      }
    pairs.remove_if([](const pair& p) { return p.over; });
    if (fds[0].revents != 0) {
      pair p;
      p.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      p.engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      auto address = address_of(engine_);
      p.over = connect(p.engine, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
      pairs.push_back(p);
    }
  }
  for (auto& p : pairs) {
    close(p.client);
    close(p.engine);
  }
}

} // namespace reeve::io::test
