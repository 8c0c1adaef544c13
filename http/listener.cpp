#include "http/listener.hpp"

#include "io/loop.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace reeve::http {

namespace {

constexpr int backlog = 4'096;

// So that a flood of clients leaves turns to others.
constexpr int accepted_per_turn = 64;

constexpr std::chrono::milliseconds pause_when_out_of_files{100};

bool is_loopback(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

void set_port(sockaddr* address, int port) {
  const auto p = htons(static_cast<std::uint16_t>(port));
  if (address->sa_family == AF_INET)
    reinterpret_cast<sockaddr_in*>(address)->sin_port = p;
  else
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = p;
}

int port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                                          : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
}

/// The socket, or minus the error.
int bind_and_listen(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) // `::` is every address, of both kinds
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0)
    return fd;
  const int problem = errno;
  ::close(fd);
  return -problem;
}

std::string sentence_of(const std::string& where, int problem) {
  switch (problem) {
  case EADDRINUSE:
    return "cannot listen on " + where
           + ": address already in use; another reeve? set server.listen";
  case EADDRNOTAVAIL:
    return "cannot listen on " + where + ": this machine has no such address; set server.listen";
  case EACCES:
    return "cannot listen on " + where
           + ": permission denied; set server.listen to a port over 1023";
  default:
    return "cannot listen on " + where + ": " + std::strerror(problem) + "; set server.listen";
  }
}

} // namespace

struct listener::socket {
  uv_poll_t poll{};
  int fd = -1;
  listener* owner = nullptr;
  bool watched = false;

  void watch() {
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* p, int, int) {
      auto& self = *static_cast<socket*>(p->data);
      self.owner->accept_from(self);
    });
  }
};

void listener::socket_closer::operator()(socket* s) const {
  if (s->watched)
    uv_close(reinterpret_cast<uv_handle_t*>(&s->poll),
             [](uv_handle_t* h) { delete static_cast<socket*>(h->data); });
  ::close(s->fd);
  if (!s->watched)
    delete s;
}

listener::listener(io::loop& l, callbacks told) : loop_{l}, told_{std::move(told)} {
  std::signal(SIGPIPE, SIG_IGN); // libuv writes to sockets without MSG_NOSIGNAL
}

listener::~listener() = default;

status listener::listen(const std::string& host, int port) {
  const bool bare = host.size() < 2 || host.front() != '[';
  const auto name = bare ? host : host.substr(1, host.size() - 2);
  const bool v6 = name.find(':') != std::string::npos;
  const auto where = (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);

  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int no = ::getaddrinfo(name.c_str(), nullptr, &hints, &found))
    return error{"cannot listen on " + where + ": " + ::gai_strerror(no) + "; set server.listen"};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, ::freeaddrinfo};

  port_ = port;
  int problem = 0;
  decltype(sockets_) bound;
  for (auto* a = found; a != nullptr; a = a->ai_next) {
    set_port(a->ai_addr, port_);
    const int fd = bind_and_listen(*a);
    // A name may stand for an address family that this machine lacks.
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) {
      problem = problem != 0 ? problem : -fd;
      continue;
    }
    if (fd < 0)
      return error{sentence_of(where, -fd)};
    bound.emplace_back(new socket{{}, fd, this, false});
    port_ = port_of(fd);
  }
  if (bound.empty())
    return error{sentence_of(where, problem)};
  for (auto& s : bound) {
    if (const int no = uv_poll_init(loop_.raw(), &s->poll, s->fd))
      return error{"cannot listen on " + where + ": " + uv_strerror(no)};
    s->watched = true;
    s->poll.data = s.get();
    s->watch();
  }
  sockets_ = std::move(bound);
  return std::monostate{};
}

void listener::accept_from(socket& s) {
  for (int n = 0; n < accepted_per_turn; ++n) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd =
      ::accept4(s.fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
      told_.accepted(fd, is_loopback(from));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return;
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (!told_.make_room())
        return pause(s);
    }
    // Else it is that client's trouble: ECONNABORTED and its kin.
  }
}

/// The socket stays readable: waiting for it would be a busy loop.
void listener::pause(socket& s) {
  uv_poll_stop(&s.poll);
  loop_.call_after(pause_when_out_of_files, [&s, alive = std::weak_ptr{alive_}] {
    if (!alive.expired())
      s.watch();
  });
}

} // namespace reeve::http
