#include "io/net/socket_stream.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"
#include "io/net/connect_failure.hpp"
#include "io/net/dial.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <sys/un.h>
#include <uv.h>

#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

} // namespace

/// One connection, or the attempt at it, which may outlast its stream.
struct socket_stream::attempt {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  uv_connect_t request{};
  socket_stream* owner = nullptr;
  std::string room; ///< for what comes

  explicit attempt(socket_stream* whose) : tcp{}, owner{whose} {
    request.data = this;
  }

  static attempt& of(const uv_handle_t* h) {
    return *static_cast<attempt*>(h->data);
  }
  static void on_connect(uv_connect_t* r, int error);
  static void on_room(uv_handle_t* h, std::size_t, uv_buf_t* to);
  static void on_read(uv_stream_t* s, ssize_t n, const uv_buf_t* from);
};

namespace {

struct sending {
  uv_write_t request{};
  std::string bytes;
};

} // namespace

void socket_stream::attempt::on_connect(uv_connect_t* r, int error) {
  if (auto* owner = static_cast<attempt*>(r->data)->owner)
    owner->came_through(error);
}

void socket_stream::attempt::on_room(uv_handle_t* h, std::size_t, uv_buf_t* to) {
  auto& room = of(h).room;
  room.resize(4'096);
  *to = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
}

void socket_stream::attempt::on_read(uv_stream_t* s, ssize_t n, const uv_buf_t* from) {
  auto* owner = static_cast<attempt*>(s->data)->owner;
  if (owner == nullptr || n == 0)
    return;
  if (n > 0)
    return owner->who_.received({from->base, static_cast<std::size_t>(n)});
  uv_read_stop(s);
  owner->who_.ended(n == UV_EOF ? 0 : static_cast<int>(-n));
}

socket_stream::socket_stream(loop& l, resolver& names, listener& who)
    : home_{l}, names_{names}, who_{who} {
}

socket_stream::~socket_stream() {
  home_.cancel(timer_);
  drop_attempt();
}

void socket_stream::connect(const std::string& host, int port) {
  if (const auto literal = literal_address(host, port))
    dial_to({*literal});
  else
    lookup_ = std::make_unique<lookup>(names_, host, port,
                                       [this](resolution r) { resolved(std::move(r)); });
}

void socket_stream::connect(const std::string& unix_socket) {
  unix_socket_ = unix_socket;
  const bool too_long = unix_socket.size() >= sizeof(sockaddr_un{}.sun_path);
  if (const int error = too_long ? ENAMETOOLONG : spare_descriptor_error(); error != 0) {
    timer_ = home_.call_after(milliseconds{0}, [this, error] { no_socket(error); });
    return;
  }
  attempt_ = new attempt{this};
  uv_pipe_init(home_.raw(), &attempt_->pipe, 0);
  attempt_->handle.data = attempt_;
  uv_pipe_connect(&attempt_->request, &attempt_->pipe, unix_socket.c_str(), &attempt::on_connect);
}

bool socket_stream::resolving() const {
  return lookup_ != nullptr;
}

fault socket_stream::too_late(milliseconds timeout) const {
  if (dial_)
    return dial_->too_late(timeout);
  return {.reason = "could not connect within " + describe(timeout)};
}

void socket_stream::resolved(resolution r) {
  const auto kept = std::move(lookup_);
  if (r.what != resolution::kind::found)
    return who_.could_not_connect(explain(std::move(r)));
  dial_to(std::move(r.addresses));
}

void socket_stream::dial_to(std::vector<sockaddr_storage> addresses) {
  dial_ = std::make_unique<dial>(home_, std::move(addresses), [this](dial::result r) {
    const auto ended = std::move(dial_);
    if (!r.socket)
      return who_.could_not_connect(std::move(r.failure));
    take(r.socket.release());
  });
}

void socket_stream::take(int socket) {
  attempt_ = new attempt{this};
  uv_tcp_init(home_.raw(), &attempt_->tcp);
  attempt_->handle.data = attempt_;
  uv_tcp_open(&attempt_->tcp, socket);
  who_.connected();
}

/// Of the attempt at a Unix socket.
void socket_stream::came_through(int error) {
  if (error != 0)
    return no_socket(-error);
  who_.connected();
}

void socket_stream::no_socket(int error) {
  who_.could_not_connect(explain_socket_error(error, unix_socket_));
}

void socket_stream::start_reading() {
  spoken_ = true;
  uv_read_start(&attempt_->stream, &attempt::on_room, &attempt::on_read);
}

void socket_stream::send(std::string bytes) {
  spoken_ = true;
  auto* job = new sending{{}, std::move(bytes)};
  job->request.data = job;
  auto part = uv_buf_init(job->bytes.data(), static_cast<unsigned>(job->bytes.size()));
  const auto done = [](uv_write_t* r, int error) {
    const std::unique_ptr<sending> ended{static_cast<sending*>(r->data)};
    if (auto* owner = static_cast<attempt*>(r->handle->data)->owner)
      owner->who_.sent(-error);
  };
  if (const int error = uv_write(&job->request, &attempt_->stream, &part, 1, done); error != 0) {
    delete job;
    timer_ = home_.call_after(milliseconds{0}, [this, error] { who_.sent(-error); });
  }
}

void socket_stream::try_send(std::string_view bytes) {
  auto part = uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  uv_try_write(&attempt_->stream, &part, 1);
}

void socket_stream::drop_attempt() {
  auto* a = std::exchange(attempt_, nullptr);
  if (a == nullptr)
    return;
  a->owner = nullptr;
  const auto free = [](uv_handle_t* h) { delete static_cast<attempt*>(h->data); };
  const bool in_order = spoken_ || a->handle.type != UV_TCP;
  if (in_order || uv_tcp_close_reset(&a->tcp, free) != 0) // not while connecting: no need to
    uv_close(&a->handle, free);
}

} // namespace reeve::io
