#include "io/net/tls_stream.hpp"

#include "io/names/name_files.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

namespace reeve::io {

namespace {

struct free_tls {
  void operator()(SSL* s) const {
    SSL_free(s);
  }
};

/// The oldest error is the cause; what came of it follows.
std::string cause_of(unsigned long error) {
  const char* words = ERR_reason_error_string(error);
  return words == nullptr ? "unknown error" : words;
}

std::string without_brackets(const std::string& host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

bool expect_host(SSL* ssl, const std::string& host, bool verify) {
  const bool literal = literal_address(host, 0).has_value();
  if (!literal && SSL_set_tlsext_host_name(ssl, host.c_str()) != 1)
    return false;
  if (!verify)
    return true;
  return literal
           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), without_brackets(host).c_str()) == 1
           : SSL_set1_host(ssl, host.c_str()) == 1;
}

} // namespace

struct tls_stream::state {
  tls_findings findings; ///< goes last: until then its conversation may note some
  std::unique_ptr<SSL, free_tls> ssl;
  std::string host;
  phase now = phase::handshake;
  std::string problem;
  std::string received;
  bool heard = false;     ///< a byte at all
  bool heard_tls = false; ///< and the first one is one of TLS

  void advance();
  void read();
  void stopped(int result);
  std::string explain(unsigned long error) const;
};

void tls_stream::state::advance() {
  if (now == phase::handshake) {
    ERR_clear_error();
    if (const int done = SSL_do_handshake(ssl.get()); done != 1)
      return stopped(done);
    now = phase::open;
  }
  if (now == phase::open)
    read();
}

void tls_stream::state::read() {
  std::array<char, 4'096> part;
  for (;;) {
    ERR_clear_error();
    const int n = SSL_read(ssl.get(), part.data(), static_cast<int>(part.size()));
    if (n <= 0)
      return stopped(n);
    received.append(part.data(), static_cast<std::size_t>(n));
  }
}

void tls_stream::state::stopped(int result) {
  switch (SSL_get_error(ssl.get(), result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return;
  case SSL_ERROR_ZERO_RETURN:
    now = phase::ended;
    return;
  default:
    problem = explain(ERR_peek_error());
    now = phase::failed;
    ERR_clear_error();
  }
}

std::string tls_stream::state::explain(unsigned long error) const {
  const auto verified = findings.verify_error;
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return "certificate is not for host '" + host + "'";
  if (verified != X509_V_OK)
    return why_not_trusted(findings);
  if (heard && !heard_tls)
    return "the service does not speak TLS";
  return (now == phase::handshake ? "TLS handshake failed: " : "TLS: ") + cause_of(error);
}

tls_stream::tls_stream(std::unique_ptr<state> made) : state_{std::move(made)} {
}

tls_stream::~tls_stream() = default;

result<std::unique_ptr<tls_stream>> tls_stream::make(tls_trust& trust, const tls_options& options,
                                                     const std::string& host) {
  auto context = trust.context(options);
  if (!context)
    return error{context.sentence()};
  auto s = std::make_unique<state>();
  s->host = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  s->ssl.reset(SSL_new(context->get()));
  if (!s->ssl || (!host.empty() && !expect_host(s->ssl.get(), s->host, options.verify)))
    return error{"cannot prepare TLS for host '" + host + "'"};
  note_findings(s->ssl.get(), s->findings);
  SSL_set_bio(s->ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(s->ssl.get());
  return std::unique_ptr<tls_stream>{new tls_stream{std::move(s)}};
}

tls_stream::phase tls_stream::now() const {
  return state_->now;
}

const std::string& tls_stream::problem() const {
  return state_->problem;
}

const tls_findings& tls_stream::findings() const {
  return state_->findings;
}

void tls_stream::offer(std::string_view protocol) {
  std::string listed(1, static_cast<char>(protocol.size()));
  listed += protocol;
  SSL_set_alpn_protos(state_->ssl.get(), reinterpret_cast<const unsigned char*>(listed.data()),
                      static_cast<unsigned>(listed.size()));
}

void tls_stream::begin() {
  state_->advance();
}

void tls_stream::take(std::string_view encrypted) {
  auto& s = *state_;
  if (encrypted.empty())
    return;
  if (!std::exchange(s.heard, true)) {
    const auto first = static_cast<unsigned char>(encrypted.front());
    s.heard_tls = first == SSL3_RT_HANDSHAKE || first == SSL3_RT_ALERT;
  }
  BIO_write(SSL_get_rbio(s.ssl.get()), encrypted.data(), static_cast<int>(encrypted.size()));
  s.advance();
}

void tls_stream::write(std::string_view text) {
  ERR_clear_error();
  SSL_write(state_->ssl.get(), text.data(), static_cast<int>(text.size()));
}

void tls_stream::close() {
  if (state_->now != phase::open && state_->now != phase::ended)
    return;
  ERR_clear_error();
  SSL_shutdown(state_->ssl.get());
}

std::string tls_stream::to_send() {
  auto* from = SSL_get_wbio(state_->ssl.get());
  std::string bytes(BIO_ctrl_pending(from), '\0');
  if (!bytes.empty())
    BIO_read(from, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::string tls_stream::received() {
  return std::exchange(state_->received, {});
}

} // namespace reeve::io
