#include "io/net/tls_trust.hpp"

#include "io/loop/own_limits.hpp"
#include "supervisor/text.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>

namespace reeve::io {

namespace {

using findings_ptr = std::shared_ptr<tls_findings>;

/// The findings belong to the context too: libcurl may end a connection after its
/// transfer, and OpenSSL then still tells of it.
int findings_index() {
  static const int index = SSL_CTX_get_ex_new_index(
    0, nullptr, nullptr, nullptr, [](void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
      delete static_cast<findings_ptr*>(held);
    });
  return index;
}

tls_findings& findings_of(const SSL* ssl) {
  return **static_cast<findings_ptr*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), findings_index()));
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

CURLcode on_context(CURL*, void* made, void* data) {
  use_tls(static_cast<SSL_CTX*>(made), *static_cast<const tls_session*>(data));
  return CURLE_OK;
}

/// Changes when the file does; empty if it cannot be read.
std::string version_of(const std::string& file) {
  struct stat s {};
  if (stat(file.c_str(), &s) != 0)
    return {};
  return std::to_string(s.st_ino) + ' ' + std::to_string(s.st_size) + ' '
         + std::to_string(s.st_mtim.tv_sec) + '.' + std::to_string(s.st_mtim.tv_nsec);
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

void use_tls(SSL_CTX* context, const tls_session& session) {
  *session.findings = {}; // after a redirect the last connection counts
  SSL_CTX_set_ex_data(context, findings_index(), new findings_ptr{session.findings});
  SSL_CTX_set_info_callback(context, &on_info);
  if (session.store)
    SSL_CTX_set1_cert_store(context, session.store.get());
  if (session.verify)
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &on_verify);
}

void use_tls(CURL* easy, tls_session* session) {
  const long verify = session->verify ? 1 : 0;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
  // libcurl would keep the store of one check, and trust by it in another's place.
  // So it would with a session it resumes, which shows no certificate anew.
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, session);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_context);
}

} // namespace reeve::io
