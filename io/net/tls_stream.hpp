#pragma once

#include "io/net/tls_trust.hpp"
#include "supervisor/result.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace reeve::io {

/// The client's side of one TLS conversation: bytes in, bytes out, no socket. After
/// `begin` and each `take`, `write` and `close` there may be something `to_send`.
class tls_stream {
public:
  /// `host`: its name is told (SNI) and must be the certificate's; empty: any name
  /// will do. The error says which of our own files cannot be used.
  static result<std::unique_ptr<tls_stream>> make(tls_trust& trust, const tls_options& options,
                                                  const std::string& host);
  ~tls_stream();
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  enum class phase {
    handshake,
    open,
    ended,  ///< the peer said that no more comes
    failed, ///< for good; `problem` says why
  };
  phase now() const;
  /// One sentence part; whose fault it is: the peer's.
  const std::string& problem() const;
  const tls_findings& findings() const;

  /// Which protocol is to be spoken over it (ALPN): "http/1.1". Before `begin`.
  void offer(std::string_view protocol);
  void begin();
  void take(std::string_view encrypted);
  /// REQUIRES: open.
  void write(std::string_view text);
  /// Says goodbye.
  void close();

  std::string to_send();  ///< given out once
  std::string received(); ///< given out once

private:
  struct state;
  explicit tls_stream(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace reeve::io
