#include "io/checks/http_route.hpp"

#include "io/checks/runs_per_connection.hpp"
#include "io/names/name_files.hpp"

#include <cstdint>
#include <utility>

namespace reeve::io {

namespace {

constexpr long names_hold_seconds = 30; // libcurl's, of what it is told

std::string part_of(CURLU* url, CURLUPart which, unsigned int flags) {
  char* text = nullptr;
  std::string part;
  if (curl_url_get(url, which, &text, flags) == CURLUE_OK)
    part = text;
  curl_free(text);
  return part;
}

std::string new_name() {
  static std::uint64_t last = 0;
  return "connection-" + std::to_string(++last) + ".reeve.invalid";
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos || host.front() == '[' ? host : "[" + host + "]";
}

using parsed_url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// Null if it is no URL.
parsed_url parse(const std::string& url) {
  parsed_url parsed{curl_url(), &curl_url_cleanup};
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    parsed.reset();
  return parsed;
}

} // namespace

std::string host_of(const std::string& url) {
  const auto parsed = parse(url);
  return parsed ? part_of(parsed.get(), CURLUPART_HOST, 0) : "";
}

http_route::http_route(const http_check& what)
    : keeps_{what.connection == connection_use::kept && what.max_redirects == 0},
      socket_{what.unix_socket}, url_{what.url} {
  if (const auto url = parse(what.url)) {
    host_ = part_of(url.get(), CURLUPART_HOST, 0);
    const auto port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    port_ = port.empty() ? 0 : std::stoi(port);
    tls_host_ = host_;
    if (!what.tls.server_name.empty() && what.url.starts_with("https:")) {
      tls_host_ = in_brackets(what.tls.server_name);
      curl_url_set(url.get(), CURLUPART_HOST, tls_host_.c_str(), 0);
      url_ = part_of(url.get(), CURLUPART_URL, 0);
    }
  }
  const auto literal = literal_address(host_, port_);
  needs_lookup_ = socket_.empty() && !host_.empty() && !literal;
  if (keeps_ && literal) // connects to a name of its own
    addresses_.push_back(*literal);
}

void http_route::set_addresses(std::vector<sockaddr_storage> addresses) {
  addresses_ = std::move(addresses);
}

/// What libcurl need not look up itself.
curl_slist* http_route::known_names() const {
  if (addresses_.empty())
    return nullptr;
  std::string addresses;
  for (const auto& a : addresses_)
    addresses += (addresses.empty() ? "" : ",") + in_brackets(to_text(a));
  const auto& name = keeps_ ? own_name_ : host_;
  // With a plus, libcurl does not hold them for good.
  return curl_slist_append(nullptr,
                           ("+" + name + ":" + std::to_string(port_) + ":" + addresses).c_str());
}

void http_route::set_options(CURL* easy, const tls_trust::store_ptr& trust) {
  if (keeps_ && (own_name_.empty() || trust != trust_)) {
    own_name_ = new_name();
    trust_ = trust;
    runs_served_ = 0;
  }
  const bool last = !keeps_ || runs_served_ + 1 >= runs_per_connection;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, keeps_ ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, last ? 1L : 0L);
  if (!socket_.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
  resolved_.reset(known_names());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, resolved_.get());
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, resolved_ == nullptr ? 0L : names_hold_seconds);
  if (!keeps_ && tls_host_ == host_)
    return;
  const auto port = ":" + std::to_string(port_);
  const auto& to = keeps_ ? own_name_ : host_;
  connect_to_.reset(curl_slist_append(nullptr, (tls_host_ + port + ":" + to + port).c_str()));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_.get());
}

bool http_route::was_kept(CURL* easy) const {
  long connects = 0;
  curl_off_t sent_after = 0; // else it came to no connection at all
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_after);
  return keeps_ && connects == 0 && sent_after > 0;
}

void http_route::answered(CURL* easy) {
  runs_served_ = was_kept(easy) ? runs_served_ + 1 : 1;
  if (runs_served_ >= runs_per_connection)
    runs_served_ = 0;
}

} // namespace reeve::io
