#include "io/http_route.hpp"

#include "io/name_files.hpp"
#include "io/runs_per_connection.hpp"

#include <cstdint>
#include <set>
#include <utility>

namespace reeve::io {

namespace {

/// What libcurl looks up itself is the other hosts that redirects lead to.
constexpr long names_hold_seconds = 30;

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
      redirects_{what.max_redirects}, socket_{what.unix_socket} {
  if (const auto url = parse(what.url)) {
    host_ = part_of(url.get(), CURLUPART_HOST, 0);
    const auto port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    port_ = port.empty() ? 0 : std::stoi(port);
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
  std::set<int> ports{port_};
  if (redirects_ > 0)
    ports.insert({80, 443}); // where the same host is likely to send us
  std::string addresses;
  for (const auto& a : addresses_)
    addresses += (addresses.empty() ? "" : ",")
                 + (a.ss_family == AF_INET6 ? "[" + to_text(a) + "]" : to_text(a));
  curl_slist* names = nullptr;
  for (const int port : ports) // with a plus, libcurl does not hold them for good
    names = curl_slist_append(
      names,
      ("+" + (keeps_ ? own_name_ : host_) + ":" + std::to_string(port) + ":" + addresses).c_str());
  return names;
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
  const bool no_names = resolved_ == nullptr && redirects_ == 0;
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, no_names ? 0L : names_hold_seconds);
  if (!keeps_)
    return;
  const auto port = ":" + std::to_string(port_);
  connect_to_.reset(curl_slist_append(nullptr, (host_ + port + ":" + own_name_ + port).c_str()));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_.get());
}

bool http_route::was_kept(CURL* easy) const {
  long connects = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  return keeps_ && connects == 0;
}

void http_route::answered(CURL* easy) {
  runs_served_ = was_kept(easy) ? runs_served_ + 1 : 1;
  if (runs_served_ >= runs_per_connection)
    runs_served_ = 0;
}

} // namespace reeve::io
