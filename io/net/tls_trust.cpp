#include "io/net/tls_trust.hpp"

#include "io/loop/own_limits.hpp"
#include "supervisor/text.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>

namespace reeve::io {

namespace {

int findings_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

tls_findings& findings_of(const SSL* ssl) {
  return *static_cast<tls_findings*>(SSL_get_ex_data(ssl, findings_index()));
}

std::optional<std::chrono::milliseconds> time_left(const X509* certificate) {
  int days = 0;
  int seconds = 0;
  if (certificate == nullptr
      || ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
    return std::nullopt;
  return std::chrono::days{days} + std::chrono::seconds{seconds};
}

std::string common_name_of(const X509* certificate) {
  std::array<char, 128> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return one_line(name.data(), name.size());
}

/// The authority's, if it is not the peer's own.
void note_end(X509* certificate, bool peer, tls_findings& into) {
  const auto left = time_left(certificate);
  if (!left || (into.certificate_left && *into.certificate_left <= *left))
    return;
  into.certificate_left = left;
  into.certificate_is =
    peer ? "certificate" : "certificate of its authority '" + common_name_of(certificate) + "'";
}

int on_verify(int ok, X509_STORE_CTX* context) {
  const auto* ssl = static_cast<const SSL*>(
    X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& found = findings_of(ssl);
  if (ok == 0 && found.verify_error == X509_V_OK) {
    found.verify_error = X509_STORE_CTX_get_error(context);
    found.certificate_left.reset();
    note_end(X509_STORE_CTX_get_current_cert(context), X509_STORE_CTX_get_error_depth(context) == 0,
             found);
  }
  return ok;
}

void on_info(const SSL* ssl, int where, int) {
  auto& found = findings_of(ssl);
  if ((where & SSL_CB_HANDSHAKE_START) != 0)
    found.began = true;
  if ((where & SSL_CB_HANDSHAKE_DONE) == 0)
    return;
  found.certificate_left.reset();
  X509* peer = SSL_get1_peer_certificate(ssl);
  if (peer != nullptr)
    note_end(peer, true, found);
  X509_free(peer);
  const bool verified =
    SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE && SSL_get_verify_result(ssl) == X509_V_OK;
  const auto* chain = verified ? SSL_get0_verified_chain(ssl) : nullptr;
  for (int i = 1; chain != nullptr && i < sk_X509_num(chain); ++i)
    note_end(sk_X509_value(chain, i), false, found);
}

/// Changes when the file does; empty if it cannot be read.
std::string version_of(const std::string& file) {
  struct stat s {};
  if (stat(file.c_str(), &s) != 0)
    return {};
  return std::to_string(s.st_ino) + ' ' + std::to_string(s.st_size) + ' '
         + std::to_string(s.st_mtim.tv_sec) + '.' + std::to_string(s.st_mtim.tv_nsec);
}

status show_certificate(SSL_CTX* context, const tls_options& options) {
  if (options.certificate_file.empty())
    return std::monostate{};
  // Else OpenSSL asks whoever sits at the terminal for the key's password.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  const auto& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  const bool ok = SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) == 1
                  && SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  ERR_clear_error();
  if (ok)
    return std::monostate{};
  return error{"cannot use the client certificate '" + options.certificate_file
               + "': is it there, readable, in PEM format, and its key's?"};
}

} // namespace

std::string why_not_trusted(const tls_findings& found) {
  switch (found.verify_error) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return found.certificate_left
             ? found.certificate_is + " expired " + describe(-*found.certificate_left) + " ago"
             : "certificate has expired";
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return found.certificate_is + " is not valid yet";
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return "certificate is self-signed";
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    return "certificate is not signed by an authority that is trusted here";
  default:
    return std::string{"certificate is not valid: "}
           + X509_verify_cert_error_string(found.verify_error);
  }
}

result<tls_trust::store_ptr> tls_trust::store(const std::string& ca_file) {
  const auto version = ca_file.empty() ? "system" : version_of(ca_file);
  const auto known = stores_.find(ca_file);
  if (known != stores_.end() && known->second.version == version && !version.empty())
    return known->second.store;
  if (out_of_descriptors()) // the system's would be empty then, and stay so
    return error{"cannot read certificates: out of file descriptors"};
  const store_ptr made{X509_STORE_new(), &X509_STORE_free};
  const int ok = ca_file.empty() ? X509_STORE_set_default_paths(made.get())
                                 : X509_STORE_load_file(made.get(), ca_file.c_str());
  ERR_clear_error();
  if (ok != 1)
    return error{"cannot read certificates from '" + ca_file
                 + "': is it there, readable, and in PEM format?"};
  stores_[ca_file] = {made, version};
  return made;
}

result<tls_trust::context_ptr> tls_trust::context(const tls_options& options) {
  store_ptr trusted;
  if (options.verify) {
    auto found = store(options.ca_file);
    if (!found)
      return error{found.sentence()};
    trusted = *found;
  }
  auto version = options.certificate_file.empty()
                   ? std::string{}
                   : version_of(options.certificate_file) + " " + version_of(options.key_file);
  auto& known = contexts_[{options.verify, options.verify ? options.ca_file : "",
                           options.certificate_file, options.key_file}];
  if (known.context && known.store == trusted && known.version == version)
    return known.context;
  const context_ptr made{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
  if (!made)
    return error{"out of memory"};
  SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_info_callback(made.get(), &on_info);
  if (trusted) {
    SSL_CTX_set1_cert_store(made.get(), trusted.get());
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, &on_verify);
  }
  if (const auto shown = show_certificate(made.get(), options); !shown)
    return error{shown.sentence()};
  known = {made, trusted, std::move(version)};
  return made;
}

void note_findings(SSL* ssl, tls_findings& findings) {
  SSL_set_ex_data(ssl, findings_index(), &findings);
}

} // namespace reeve::io
