#include "io/checks/http_failure.hpp"

#include "io/loop/own_limits.hpp"
#include "io/net/connect_failure.hpp"
#include "supervisor/text.hpp"

#include <errno.h>

#include <string_view>
#include <utility>

namespace reeve::io {

namespace {

fault theirs(std::string reason) {
  return {.reason = std::move(reason)};
}

fault ours(std::string reason) {
  return {.reason = std::move(reason), .ours = true};
}

bool says(const http_failure& f, std::string_view text) {
  return f.words.find(text) != std::string::npos;
}

/// OpenSSL's words are behind its codes: "error:0A000410:SSL routines::unknown ca".
std::string last_part(const std::string& words) {
  const auto colons = words.rfind(':');
  const auto start = colons == std::string::npos ? 0 : words.find_first_not_of(": ", colons);
  return start == std::string::npos ? words : words.substr(start, 100);
}

fault timed_out(const http_failure& f) {
  const auto within = " within " + describe(f.timeout);
  if (!f.connected)
    return dropped_here().value_or(theirs("could not connect" + within));
  if (!f.secured)
    return theirs("no TLS handshake" + within);
  return theirs(f.answering ? "the answer was not complete" + within : "no answer" + within);
}

fault tls_failed(const http_failure& f) {
  if (f.tls.verify_error != X509_V_OK)
    return theirs(why_not_trusted(f.tls));
  if (says(f, "wrong version number") || says(f, "packet length too long"))
    return theirs("the service does not speak TLS");
  if (says(f, "SSL_ERROR_SYSCALL") || says(f, "unexpected eof"))
    return theirs("connection closed in the TLS handshake");
  return theirs("TLS handshake failed: " + last_part(f.words));
}

fault not_trusted(const http_failure& f) {
  if (f.tls.verify_error != X509_V_OK)
    return theirs(why_not_trusted(f.tls));
  return theirs("certificate is not for host '" + f.host + "'");
}

fault connection_lost(const http_failure& f) {
  if (f.os_error == ECONNRESET || says(f, "reset by peer") || f.os_error == EPIPE)
    return theirs(f.answering ? "connection reset in the middle of the answer"
                              : "connection reset");
  if (says(f, "alert"))
    return theirs("TLS: " + last_part(f.words));
  if (says(f, "unexpected eof"))
    return theirs("connection closed in the middle of the answer");
  return theirs(f.words.empty() ? "connection lost" : f.words.substr(0, 100));
}

} // namespace

fault explain(const http_failure& f) {
  if (out_of_descriptors())
    return *ran_out(EMFILE); // libcurl and OpenSSL tell that in many ways
  switch (f.code) {
  case CURLE_OPERATION_TIMEDOUT:
    return timed_out(f);
  case CURLE_COULDNT_CONNECT:
    return f.unix_socket.empty() ? explain_connect_error(f.os_error)
                                 : explain_socket_error(f.os_error, f.unix_socket);
  case CURLE_COULDNT_RESOLVE_HOST: // it is told all addresses
    if (!f.unix_socket.empty())
      return ours("cannot connect to socket '" + f.unix_socket + "': the path is too long");
    return ours("cannot resolve host '" + f.host + "'");
  case CURLE_SSL_CONNECT_ERROR:
    return tls_failed(f);
  case CURLE_PEER_FAILED_VERIFICATION:
    return not_trusted(f);
  case CURLE_GOT_NOTHING:
    return theirs("connection closed without an answer");
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
    return connection_lost(f);
  case CURLE_PARTIAL_FILE:
    return theirs("connection closed in the middle of the answer");
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9
    return theirs("the answer is not HTTP");
  case CURLE_URL_MALFORMAT:
    return f.redirected ? theirs("redirected to something that is not a URL")
                        : ours("the URL is malformed");
  case CURLE_SSL_CERTPROBLEM:
    return ours("cannot use the client certificate: " + f.words.substr(0, 100));
  case CURLE_OUT_OF_MEMORY:
  case CURLE_FAILED_INIT:
    return *ran_out(ENOMEM);
  default:
    return theirs(f.words.empty() ? curl_easy_strerror(f.code) : f.words.substr(0, 100));
  }
}

} // namespace reeve::io
