#pragma once

#include "io/net/tls_trust.hpp"
#include "supervisor/specs/service_spec.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

namespace reeve::io {

/// How the transfers of one HTTP check come to their server: by the addresses that our
/// resolver found, by a unix socket, over a new connection or one that is kept.
///
/// A kept connection belongs to its check alone: libcurl cannot tell connections apart
/// that were trusted by different certificates, but it does tell hosts apart, and each
/// check connects to a host name of its own making. Whoever follows redirects, which may
/// lead anywhere, keeps none: each redirect has a way of its own.
class http_route {
public:
  explicit http_route(const http_check& what);

  /// As libcurl looks it up.
  const std::string& host() const {
    return host_;
  }
  int port() const {
    return port_;
  }
  /// What its transfers should share a multi handle by.
  const std::string& group() const {
    return keeps_ ? own_name_ : host_;
  }
  bool needs_lookup() const {
    return needs_lookup_;
  }

  /// Of the host; for the next transfer.
  void set_addresses(std::vector<sockaddr_storage> addresses);
  const std::vector<sockaddr_storage>& addresses() const {
    return addresses_;
  }

  /// What libcurl is to be given: TLS asks for the name in it.
  const std::string& url() const {
    return url_;
  }

  /// Sets the options of a transfer, and must live as long as it. A connection made
  /// under another trust is not used.
  void set_options(CURL* easy, const tls_trust::store_ptr& trust);

  /// Whether one is kept that should still be good.
  bool has_connection() const {
    return runs_served_ > 0;
  }

  /// Whether the transfer went over a connection made by an earlier one.
  bool was_kept(CURL* easy) const;
  /// To be told of each transfer that was answered.
  void answered(CURL* easy);
  /// To be told of each that was not.
  void lost() {
    runs_served_ = 0;
  }

private:
  using list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  curl_slist* known_names() const;

  bool keeps_ = false;
  std::string socket_;
  std::string url_;
  std::string host_;
  std::string tls_host_; ///< what libcurl takes for the host
  int port_ = 0;
  bool needs_lookup_ = false;
  std::vector<sockaddr_storage> addresses_;
  std::string own_name_; ///< the host name of the kept connection
  tls_trust::store_ptr trust_;
  int runs_served_ = 0; ///< by the connection
  list resolved_{nullptr, &curl_slist_free_all};
  list connect_to_{nullptr, &curl_slist_free_all};
};

/// As libcurl understands it; empty if that is no URL.
std::string host_of(const std::string& url);

} // namespace reeve::io
