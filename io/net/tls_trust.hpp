#pragma once

#include "supervisor/result.hpp"
#include "supervisor/specs/check_spec.hpp"

#include <openssl/ssl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

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

/// What TLS conversations of the same options share: certificates are read once, and the system's
/// take 32 ms to read. No conversation resumes another. Loop thread only.
class tls_trust {
public:
  using context_ptr = std::shared_ptr<SSL_CTX>;

  /// Made anew when one of its files has changed. The error says which of them cannot be used.
  result<context_ptr> context(const tls_options& options);

private:
  using store_ptr = std::shared_ptr<X509_STORE>;
  using files = std::tuple<bool, std::string, std::string, std::string>;
  struct trusted {
    store_ptr store;
    std::string version; ///< of the file
  };
  struct made {
    context_ptr context;
    store_ptr store;
    std::string version; ///< of the client certificate
  };

  result<store_ptr> store(const std::string& ca_file);

  std::map<std::string, trusted> stores_;
  std::map<files, made> contexts_;
};

/// What the handshake of `ssl` shows is noted in `findings`, which must live as long as it.
void note_findings(SSL* ssl, tls_findings& findings);

} // namespace reeve::io
