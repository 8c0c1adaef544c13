#pragma once

#include "tests/io/support/certificates.hpp"
#include "tests/io/support/server.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace reeve::io::test {

/// A real nginx that speaks TLS with good and with bad certificates, a port for each, on
/// 127.0.0.1 alone. Its body is "secret, name=...", with the name that it was asked for.
class tls_server {
public:
  /// `good` is for localhost too; `plain` speaks no TLS and redirects to `good`.
  enum behind : std::size_t { good, expired, wrong_host, self_signed, client_wanted, plain };

  explicit tls_server(const temp_folder& folder)
      : folder_{folder}, made_{make_certificates(folder)}, nginx_{folder, plain + 1,
                                                                  [this](const auto& ports) {
                                                                    return servers(ports);
                                                                  }} {
  }

  int port(behind which) const {
    return nginx_.port(which);
  }
  std::string url(behind which, std::string_view scheme = "https") const {
    return nginx_.url(which, "/", scheme);
  }
  /// With the good certificate.
  std::string unix_socket() const {
    return folder_ / "socket";
  }
  /// "authority" signed them, "other-authority" none, and "client" is wanted.
  const certificates& made() const {
    return made_;
  }

private:
  static certificates make_certificates(const temp_folder& folder) {
    certificates made{folder};
    made.make_self_signed("authority");
    made.make_self_signed("other-authority");
    made.make_signed("good", "authority", "IP:127.0.0.1,DNS:localhost", 20);
    made.make_signed("expired", "authority", "IP:127.0.0.1", -3);
    made.make_signed("elsewhere", "authority", "DNS:elsewhere.example", 20);
    made.make_signed("client", "authority", "DNS:client", 20);
    made.make_self_signed("alone", "IP:127.0.0.1");
    return made;
  }

  std::string servers(const nginx::ports& ports) const {
    const auto at = [&](behind which) { return "127.0.0.1:" + std::to_string(ports[which]); };
    return block(at(good), "good") + block(at(expired), "expired")
           + block(at(wrong_host), "elsewhere") + block(at(self_signed), "alone")
           + block(at(client_wanted), "good",
                   "ssl_verify_client on; ssl_client_certificate " + made_.pem("authority") + ";")
           + block("unix:" + unix_socket(), "good") + "server { listen " + at(plain)
           + "; location / { return 302 https://" + at(good) + "/; } }\n";
  }

  std::string block(const std::string& where, const std::string& certificate,
                    const std::string& more = "") const {
    return "server { listen " + where + " ssl; ssl_certificate " + made_.pem(certificate)
           + "; ssl_certificate_key " + made_.key(certificate) + "; " + more
           + " location / { return 200 'secret, name=$ssl_server_name;'; } }\n";
  }

  const temp_folder& folder_;
  certificates made_;
  nginx nginx_;
};

} // namespace reeve::io::test
