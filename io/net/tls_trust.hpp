#pragma once

#include "supervisor/result.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace reeve::io {

/// What a TLS handshake showed.
struct tls_findings {
  /// Until the first certificate ends of the chain by which the peer's was verified, which need
  /// not be the one that it sent; of the peer's alone if it was not verified.
  std::optional<std::chrono::milliseconds> certificate_left;
  std::string certificate_is = "certificate"; ///< which one that is, for people
  bool began = false;                         ///< so the connection was there
  int verify_error = X509_V_OK;               ///< the first one
};

/// Why a certificate was not accepted: "certificate expired 3d ago".
std::string why_not_trusted(const tls_findings& found);

/// Stores of trusted certificates, read once: libcurl would read the system's for
/// every handshake, which takes it 32 ms.
class tls_trust {
public:
  using store_ptr = std::shared_ptr<X509_STORE>;

  /// Of a CA file, read again when it has changed; empty: the system's.
  result<store_ptr> store(const std::string& ca_file);

private:
  struct entry {
    store_ptr store;
    std::string version; ///< of the file
  };
  std::map<std::string, entry> stores_;
};

/// What a transfer brings to its handshakes, and gets from them.
struct tls_session {
  bool verify = true;         ///< else whatever the peer shows is accepted
  tls_trust::store_ptr store; ///< null: nobody is trusted
  std::shared_ptr<tls_findings> findings = std::make_shared<tls_findings>();
};

/// Lets the context's handshakes use `session`, of which it needs no more afterwards.
void use_tls(SSL_CTX* context, const tls_session& session);

/// Lets the transfer's handshakes use `session`, which must live as long as it.
void use_tls(CURL* easy, tls_session* session);

} // namespace reeve::io
