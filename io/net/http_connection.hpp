#pragma once

#include "io/loop/descriptor.hpp"
#include "io/loop/fault.hpp"
#include "io/loop/poll_watch.hpp"
#include "io/net/dial.hpp"
#include "io/net/tls_stream.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::io {

class loop;

/// When the first certificate of a verified chain ends, and whose it is.
struct shown_certificate {
  std::chrono::steady_clock::time_point ends;
  std::string which;
};

/// One connection to an HTTP server, plain or by TLS, that bytes go over. Loop thread only.
class http_connection {
public:
  /// Told later, never inside a call. `lost` and `failed` may destroy the connection.
  struct listener {
    /// False: no more is to be told; the connection may be gone.
    virtual bool received(std::string_view text) = 0;
    /// The peer closed.
    virtual void closed() = 0;
    /// It could not be made, or broke. `os_error`: an errno, if there was one.
    virtual void failed(fault why, int os_error) = 0;

  protected:
    ~listener() = default;
  };

  struct target {
    std::vector<sockaddr_storage> addresses; ///< whichever accepts first; one at least
    std::string unix_socket;                 ///< which the address is of; empty: of a host
  };

  /// Begins to connect. `tls`: null for a plain connection; else not begun yet.
  http_connection(loop& l, const target& to, std::unique_ptr<tls_stream> tls, listener& who);
  ~http_connection();
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Sends `text`, once it can, and tells `who` what comes. `text` lives until the answer is whole.
  void ask(std::string_view text, listener& who);
  /// The answer is whole, and the connection is kept for another: nothing is told until `ask`.
  void rest();
  /// Whether a connection that rests is as it was left: not closed, and with nothing in it that
  /// would be taken for an answer.
  bool is_silent();

  bool is_connected() const {
    return connected_;
  }
  bool is_secured() const {
    return connected_ && (!tls_ || tls_->now() != tls_stream::phase::handshake);
  }
  /// What not being connected and secured by now comes to; `timeout` is for the words.
  /// REQUIRES: it is not.
  fault too_late(std::chrono::milliseconds timeout) const;
  /// None: a plain connection, or no handshake was done.
  const std::optional<shown_certificate>& certificate() const {
    return certificate_;
  }

private:
  void connect_to(const sockaddr_storage& address);
  void take(descriptor socket);
  void want(bool read, bool write);
  void opened();
  void ready(poll_watch::events there);
  void read();
  void note_certificate();
  void take_encrypted(std::string_view bytes);
  void closed();
  void lost(int os_error);
  void fail_later(int os_error);
  void flush();
  void encrypt();
  fault explain(int os_error) const;

  loop& home_;
  listener* who_;
  std::string unix_socket_;
  std::unique_ptr<tls_stream> tls_;
  std::unique_ptr<dial> dial_;
  descriptor socket_;
  std::optional<poll_watch> watch_; ///< goes before the socket
  std::uint64_t timer_ = 0;         ///< what must not happen inside a call
  bool reads_ = false;
  bool writes_ = false;
  bool connected_ = false;
  bool answering_ = false;    ///< something came since the question
  bool closes_ = false;       ///< the peer takes no more
  int send_error_ = 0;        ///< why
  std::string_view question_; ///< what of it was not given to the kernel, or to TLS
  std::string encrypted_;     ///< the same
  std::optional<shown_certificate> certificate_;
};

} // namespace reeve::io
