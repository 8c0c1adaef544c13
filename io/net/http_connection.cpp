#include "io/net/http_connection.hpp"

#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/net/client_socket.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;
using phase = tls_stream::phase;

constexpr std::size_t read_at_once = 16 * 1'024;

fault theirs(std::string reason) {
  return {.reason = std::move(reason)};
}

/// What the kernel took at once; negative: an errno.
ssize_t give(int socket, std::string_view bytes) {
  const auto n = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n < 0 ? -errno : n;
}

} // namespace

http_connection::http_connection(loop& l, const target& to, std::unique_ptr<tls_stream> tls,
                                 listener& who)
    : home_{l}, who_{&who}, unix_socket_{to.unix_socket}, tls_{std::move(tls)} {
  if (to.addresses.size() == 1) {
    connect_to(to.addresses.front());
    return;
  }
  dial_ = std::make_unique<dial>(home_, to.addresses, [this](dial::result r) {
    const auto ended = std::move(dial_);
    if (!r.socket)
      return who_->failed(std::move(r.failure), 0);
    take(std::move(r.socket));
    opened();
  });
}

http_connection::~http_connection() {
  home_.cancel(timer_);
  if (tls_ && connected_ && !closes_) {
    tls_->close();
    give(socket_.get(), tls_->to_send());
  }
}

void http_connection::connect_to(const sockaddr_storage& address) {
  auto begun = begin_connecting(address);
  if (!begun.socket)
    return fail_later(begun.error);
  take(std::move(begun.socket));
  want(false, true);
}

void http_connection::take(descriptor socket) {
  socket_ = std::move(socket);
  watch_.emplace(home_, socket_.get(), poll_watch::events{},
                 [this](poll_watch::events there) { ready(there); });
}

void http_connection::want(bool read, bool write) {
  if (reads_ == read && writes_ == write)
    return;
  reads_ = read;
  writes_ = write;
  watch_->want({read, write});
}

/// The first send tells how the attempt ended.
void http_connection::opened() {
  connected_ = true;
  if (tls_)
    tls_->begin();
  flush();
  if (send_error_ == 0 || send_error_ == EPIPE || send_error_ == ECONNRESET)
    return;
  connected_ = false;
  lost(send_error_);
}

void http_connection::ask(std::string_view text, listener& who) {
  who_ = &who;
  question_ = text;
  answering_ = false;
  if (connected_)
    flush();
}

void http_connection::rest() {
  keep_alive(socket_.get());
  want(false, false);
}

bool http_connection::is_silent() {
  std::array<char, read_at_once> room;
  const auto n = recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (n < 0)
    return errno == EAGAIN;
  if (n == 0 || !tls_)
    return false;
  tls_->take({room.data(), static_cast<std::size_t>(n)}); // keys and tickets may come at any time
  return tls_->now() == phase::open && tls_->received().empty();
}

void http_connection::ready(poll_watch::events there) {
  if (!connected_)
    return opened();
  if (there.write)
    flush();
  if (there.read)
    read(); // last: it may destroy this
}

void http_connection::read() {
  std::array<char, read_at_once> room;
  const auto n = recv(socket_.get(), room.data(), room.size(), MSG_DONTWAIT);
  if (n == 0)
    return closed();
  if (n < 0)
    return errno == EAGAIN || errno == EINTR ? void() : lost(errno);
  const std::string_view bytes{room.data(), static_cast<std::size_t>(n)};
  if (tls_)
    return take_encrypted(bytes);
  answering_ = true;
  who_->received(bytes);
}

void http_connection::note_certificate() {
  const auto& found = tls_->findings();
  if (!certificate_ && found.certificate_left)
    certificate_ = {std::chrono::steady_clock::now() + *found.certificate_left,
                    found.certificate_is};
}

void http_connection::take_encrypted(std::string_view bytes) {
  tls_->take(bytes);
  note_certificate();
  const auto text = tls_->received();
  flush();
  answering_ = answering_ || !text.empty();
  if (!text.empty() && !who_->received(text))
    return;
  if (tls_->now() == phase::failed)
    return who_->failed(theirs(tls_->problem()), 0);
  if (tls_->now() == phase::ended)
    who_->closed();
}

void http_connection::closed() {
  closes_ = true;
  if (!is_secured())
    return who_->failed(theirs("connection closed in the TLS handshake"), 0);
  who_->closed();
}

void http_connection::lost(int os_error) {
  closes_ = true;
  who_->failed(explain(os_error), os_error);
}

void http_connection::fail_later(int os_error) {
  timer_ = home_.call_after(milliseconds{0},
                            [this, os_error] { who_->failed(explain(os_error), os_error); });
}

/// What the peer does not take any more is no failure yet: its answer may have come before.
void http_connection::flush() {
  if (tls_)
    encrypt();
  auto rest = tls_ ? std::string_view{encrypted_} : question_;
  while (!rest.empty() && !closes_) {
    const auto n = give(socket_.get(), rest);
    if (n == -EAGAIN)
      break;
    closes_ = n < 0;
    send_error_ = n < 0 ? static_cast<int>(-n) : 0;
    rest.remove_prefix(n < 0 ? 0 : static_cast<std::size_t>(n));
  }
  const bool more = !rest.empty() && !closes_;
  if (tls_)
    encrypted_.erase(0, encrypted_.size() - rest.size());
  else
    question_ = rest;
  want(true, more);
}

void http_connection::encrypt() {
  if (tls_->now() == phase::open && !question_.empty())
    tls_->write(std::exchange(question_, {}));
  encrypted_ += tls_->to_send();
}

fault http_connection::explain(int os_error) const {
  if (!connected_)
    return unix_socket_.empty() ? explain_connect_error(os_error)
                                : explain_socket_error(os_error, unix_socket_);
  if (!is_secured())
    return theirs("connection closed in the TLS handshake");
  if (os_error == ECONNRESET || os_error == EPIPE)
    return theirs(answering_ ? "connection reset in the middle of the answer" : "connection reset");
  return explain_connect_error(os_error);
}

fault http_connection::too_late(milliseconds timeout) const {
  const auto within = " within " + describe(timeout);
  if (dial_)
    return dial_->too_late(timeout);
  if (connected_)
    return theirs("no TLS handshake" + within);
  return dropped_here().value_or(theirs("could not connect" + within));
}

} // namespace reeve::io
