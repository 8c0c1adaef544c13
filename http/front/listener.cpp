#include "http/front/listener.hpp"

#include "http/front/listening_socket.hpp"
#include "io/loop/loop.hpp"

#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace reeve::http {

namespace {

// So that a flood of clients leaves turns to others.
constexpr int accepted_per_turn = 64;

constexpr std::chrono::milliseconds pause_when_out_of_files{100};

} // namespace

struct listener::socket {
  socket(listening_socket s, listener* l) : under{std::move(s)}, owner{l} {
  }

  uv_poll_t poll{};
  listening_socket under;
  listener* owner;
  bool watched = false;

  void watch() {
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* p, int, int) {
      auto& self = *static_cast<socket*>(p->data);
      self.owner->accept_from(self);
    });
  }
};

void listener::socket_closer::operator()(socket* s) const {
  if (!s->watched) {
    delete s;
    return;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&s->poll),
           [](uv_handle_t* h) { delete static_cast<socket*>(h->data); });
  s->under = {};
}

listener::listener(io::loop& l, callbacks told) : loop_{l}, told_{std::move(told)} {
  std::signal(SIGPIPE, SIG_IGN); // libuv writes to sockets without MSG_NOSIGNAL
}

listener::~listener() = default;

status listener::listen(const std::vector<listen_address>& at) {
  decltype(sockets_) bound;
  for (const auto& address : at) {
    auto opened = listening_socket::open(address);
    if (!opened)
      return error{opened.sentence()};
    addresses_.push_back(opened->front().address());
    for (auto& one : *opened)
      bound.emplace_back(new socket{std::move(one), this});
  }
  for (auto& s : bound) {
    if (const int no = uv_poll_init(loop_.raw(), &s->poll, s->under.fd()))
      return error{"cannot listen on " + to_string(s->under.address()) + ": " + uv_strerror(no)};
    s->watched = true;
    s->poll.data = s.get();
    s->watch();
  }
  sockets_ = std::move(bound);
  return std::monostate{};
}

void listener::close() {
  alive_ = std::make_shared<int>(); // for pauses that are not over
  sockets_.clear();
}

void listener::accept_from(socket& s) {
  for (int n = 0; n < accepted_per_turn; ++n) {
    const int fd = ::accept4(s.under.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
      told_.accepted(fd);
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
