#include "io/http_check.hpp"

#include "io/http_failure.hpp"
#include "io/http_route.hpp"
#include "io/loop.hpp"
#include "io/own_limits.hpp"
#include "io/reply_body.hpp"
#include "io/resolver.hpp"
#include "supervisor/text.hpp"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace reeve::io {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using kind = check_outcome::kind;

constexpr std::size_t most_header_bytes = 64 * 1'024;
constexpr std::size_t least_body_read = 64 * 1'024; // breaking off sooner would be rude

std::string host_of(const std::string& url) {
  CURLU* parsed = curl_url();
  char* part = nullptr;
  std::string host;
  if (curl_url_set(parsed, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK
      && curl_url_get(parsed, CURLUPART_HOST, &part, 0) == CURLUE_OK)
    host = part;
  curl_free(part);
  curl_url_cleanup(parsed);
  return host;
}

curl_slist* make_headers(const http_check& what) {
  curl_slist* list = nullptr;
  for (const auto& [name, value] : what.headers)
    list = curl_slist_append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
  if (!what.body.empty())
    list = curl_slist_append(list, "Expect:"); // do not wait for a "100 Continue"
  return list;
}

long read_number(CURL* easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

bool came_to(CURL* easy, CURLINFO time) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, time, &value);
  return value > 0;
}

class http_checker final : public check {
public:
  http_checker(http_share& share, const check_spec& spec)
      : share_{share}, what_{std::get<http_check>(spec.target)}, timeout_{spec.timeout},
        body_rules_{spec.expect}, headers_{make_headers(what_)}, route_{what_},
        next_address_after_{200 + share.made++ * 7 % 600} {
  }

  ~http_checker() override {
    if (done_)
      finish({kind::cancelled});
    curl_slist_free_all(headers_);
  }

  void run(completion done) override;

private:
  std::optional<std::string> prepare_tls();
  void resolved(resolution r);
  void not_resolved_in_time();
  void start();
  void set_options();
  void set_method();
  void set_limits();
  void transfer_ended(CURLcode code);
  check_outcome answered();
  http_failure describe_failure(CURLcode code);
  std::optional<milliseconds> certificate_left();
  void finish(check_outcome outcome);

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);

  http_share& share_;
  http_check what_;
  milliseconds timeout_;
  reply_body body_rules_;
  curl_slist* headers_;
  http_route route_;
  std::optional<clock::time_point> certificate_ends_; ///< of the kept connection
  /// Without an answer from the last. libcurl looks at each transfer then, whether it has
  /// another address or not: not at all of them in the same turn of the loop.
  milliseconds next_address_after_;

  // Of the run under way:
  completion done_;
  CURL* easy_ = nullptr;
  clock::time_point deadline_;
  clock::duration lookup_took_{0};
  tls_session tls_;
  std::string body_;
  std::size_t body_bytes_ = 0;
  bool body_is_enough_ = false;
  std::size_t header_bytes_ = 0;
  int socket_error_ = 0;
  std::array<char, CURL_ERROR_SIZE> words_{};
  std::optional<lookup> lookup_;
  loop::timer_id timer_ = 0;
};

void http_checker::run(completion done) {
  done_ = std::move(done);
  body_.clear();
  body_bytes_ = 0;
  body_is_enough_ = false;
  header_bytes_ = 0;
  socket_error_ = 0;
  words_[0] = '\0';
  auto problem = prepare_tls();
  deadline_ = clock::now() + timeout_; // reading certificates for the first time takes a while
  lookup_took_ = clock::duration{0};
  if (problem) {
    timer_ = share_.home.call_after(milliseconds{0}, [this, why = *problem] {
      finish(out_of_descriptors() ? *ran_out(EMFILE) : check_outcome{kind::not_run, {}, why});
    });
  } else if (route_.needs_lookup()) {
    timer_ = share_.home.call_at(deadline_, [this] { not_resolved_in_time(); });
    lookup_.emplace(share_.names, route_.host(), route_.port(),
                    [this](resolution r) { resolved(std::move(r)); });
  } else {
    start();
  }
}

void http_checker::resolved(resolution r) {
  if (r.what != resolution::kind::found)
    return finish(explain(std::move(r)));
  lookup_.reset();
  lookup_took_ = clock::now() - (deadline_ - timeout_);
  share_.home.cancel(std::exchange(timer_, 0));
  route_.set_addresses(std::move(r.addresses));
  start();
}

void http_checker::not_resolved_in_time() {
  finish({kind::not_run,
          {},
          "could not resolve host '" + route_.host() + "' within " + describe(timeout_)});
}

void http_checker::start() {
  easy_ = share_.curl.take();
  if (easy_ == nullptr) {
    timer_ = share_.home.call_after(milliseconds{0}, [this] { finish(*ran_out(ENOMEM)); });
    return;
  }
  set_options();
  share_.curl.start(easy_, route_.group(), deadline_,
                    [this](CURLcode code) { transfer_ended(code); });
}

std::optional<std::string> http_checker::prepare_tls() {
  const auto& options = what_.tls;
  tls_.verify = options.verify;
  tls_.store = nullptr;
  *tls_.findings = {};
  for (const auto& file : {options.certificate_file, options.key_file})
    if (!file.empty() && access(file.c_str(), R_OK) != 0)
      return "cannot read '" + file + "' of the client certificate";
  const bool plain_only = what_.url.starts_with("http:") && what_.max_redirects == 0;
  if (!options.verify || plain_only)
    return std::nullopt;
  auto store = share_.trust.store(options.ca_file);
  if (!store)
    return store.sentence();
  tls_.store = *store;
  return std::nullopt;
}

void http_checker::set_options() {
  curl_easy_setopt(easy_, CURLOPT_URL, what_.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, words_.data());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L); // else a hanging lookup stops the loop
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "reeve");
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  route_.set_options(easy_, tls_.store);
  use_tls(easy_, &tls_);
  if (!what_.tls.certificate_file.empty())
    curl_easy_setopt(easy_, CURLOPT_SSLCERT, what_.tls.certificate_file.c_str());
  if (!what_.tls.key_file.empty())
    curl_easy_setopt(easy_, CURLOPT_SSLKEY, what_.tls.key_file.c_str());
  set_method();
  set_limits();
}

void http_checker::set_method() {
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  if (what_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!what_.body.empty() || what_.method == "POST") {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(what_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, what_.body.c_str());
  }
  if (what_.method != "GET" || !what_.body.empty())
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, what_.method.c_str());
}

void http_checker::set_limits() {
  const auto next_address = !route_.needs_lookup() ? timeout_ : next_address_after_;
  curl_easy_setopt(easy_, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
                   static_cast<long>(next_address.count()));
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, what_.max_redirects > 0 ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, static_cast<long>(what_.max_redirects));
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, 4'096L);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
}

/// Fewer than given breaks the transfer off.
std::size_t http_checker::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& c = *static_cast<http_checker*>(self);
  const auto room = c.body_rules_.most_kept() - c.body_.size();
  c.body_.append(data, std::min(size, room));
  c.body_bytes_ += size;
  c.body_is_enough_ = c.body_bytes_ >= std::max(least_body_read, c.body_rules_.most_kept());
  return c.body_is_enough_ ? 0 : size;
}

std::size_t http_checker::on_header(char*, std::size_t, std::size_t size, void* self) {
  auto& c = *static_cast<http_checker*>(self);
  c.header_bytes_ += size;
  return c.header_bytes_ > most_header_bytes ? 0 : size;
}

curl_socket_t http_checker::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& error = static_cast<http_checker*>(self)->socket_error_;
  error = spare_descriptor_error();
  if (error != 0)
    return CURL_SOCKET_BAD;
  const int fd =
    socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
  if (fd < 0)
    error = errno;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

void http_checker::transfer_ended(CURLcode code) {
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && body_is_enough_))
    return finish(answered());
  if (header_bytes_ > most_header_bytes)
    return finish({kind::failed, {}, "the answer's headers are larger than 64 KiB"});
  const auto failure = describe_failure(code);
  if (!failure.connected)
    share_.names.forget(route_.host());
  finish(explain(failure));
}

check_outcome http_checker::answered() {
  check_outcome outcome;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy_, CURLINFO_TOTAL_TIME_T, &microseconds);
  outcome.answer.latency = std::chrono::duration_cast<milliseconds>(
    lookup_took_ + std::chrono::microseconds{microseconds});
  outcome.answer.status = static_cast<int>(read_number(easy_, CURLINFO_RESPONSE_CODE));
  outcome.answer.certificate_left = certificate_left();
  body_rules_.extract(body_, outcome.answer);
  route_.answered(easy_);
  return outcome;
}

/// A kept connection showed it to an earlier run.
std::optional<milliseconds> http_checker::certificate_left() {
  if (!route_.was_kept(easy_))
    certificate_ends_.reset();
  if (const auto shown = tls_.findings->certificate_left)
    certificate_ends_ = clock::now() + *shown;
  if (!certificate_ends_)
    return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(*certificate_ends_ - clock::now());
}

http_failure http_checker::describe_failure(CURLcode code) {
  http_failure f;
  const char* url = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  f.code = code;
  f.words = words_.data();
  f.os_error =
    socket_error_ != 0 ? socket_error_ : static_cast<int>(read_number(easy_, CURLINFO_OS_ERRNO));
  f.host = url == nullptr ? route_.host() : host_of(url);
  f.unix_socket = what_.unix_socket;
  f.tls = *tls_.findings;
  f.timeout = timeout_;
  f.max_redirects = what_.max_redirects;
  f.redirected = read_number(easy_, CURLINFO_REDIRECT_COUNT) > 0;
  f.resolved = !f.redirected || came_to(easy_, CURLINFO_NAMELOOKUP_TIME_T);
  const bool kept = route_.was_kept(easy_);
  f.connected = kept || came_to(easy_, CURLINFO_CONNECT_TIME_T) || f.tls.began;
  f.secured = kept || (url != nullptr && std::string_view{url}.substr(0, 5) != "https")
              || came_to(easy_, CURLINFO_APPCONNECT_TIME_T);
  f.answering = header_bytes_ > 0;
  return f;
}

void http_checker::finish(check_outcome outcome) {
  share_.home.cancel(std::exchange(timer_, 0));
  lookup_.reset();
  if (easy_ != nullptr)
    share_.curl.put_back(std::exchange(easy_, nullptr));
  body_ = {};
  // Last: it may run the check again, or destroy it.
  std::exchange(done_, nullptr)(std::move(outcome));
}

} // namespace

std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec) {
  return std::make_unique<http_checker>(share, spec);
}

} // namespace reeve::io
