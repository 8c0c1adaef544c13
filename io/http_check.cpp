#include "io/http_check.hpp"

#include "io/descriptor.hpp"
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

/// Null if it is nothing but a GET: its handle needs no options that others must not find.
std::unique_ptr<const http_check> special_part(const http_check& what) {
  const bool plain = what.url.starts_with("http:") && what.max_redirects == 0
                     && what.method == "GET" && what.headers.empty() && what.body.empty()
                     && what.unix_socket.empty() && what.connection == connection_use::fresh;
  return plain ? nullptr : std::make_unique<const http_check>(what);
}

class http_checker final : public check {
public:
  http_checker(http_share& share, const check_spec& spec)
      : http_checker{share, spec, std::get<http_check>(spec.target)} {
  }

  ~http_checker() override {
    if (now_)
      finish({kind::cancelled});
    curl_slist_free_all(headers_);
  }

  void run(completion done) override;

  // What libcurl calls.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);

private:
  http_checker(http_share& share, const check_spec& spec, const http_check& what)
      : share_{share}, url_{what.url}, special_{special_part(what)}, timeout_{spec.timeout},
        body_rules_{spec.expect}, headers_{make_headers(what)}, route_{what},
        next_address_after_{200 + share.made++ * 7 % 600} {
  }

  std::optional<std::string> prepare_tls();
  void resolved(resolution r);
  void not_resolved_in_time();
  void start();
  void set_options();
  void set_method();
  void transfer_ended(CURLcode code);
  check_outcome answered();
  http_failure describe_failure(CURLcode code);
  std::optional<milliseconds> certificate_left();
  void finish(check_outcome outcome);

  /// Of the run under way.
  struct running {
    completion done;
    CURL* easy = nullptr;
    clock::time_point deadline;
    clock::duration lookup_took{0};
    tls_session tls;
    std::string body;
    std::size_t body_bytes = 0;
    bool body_is_enough = false;
    std::size_t header_bytes = 0;
    int socket_error = 0;
    std::array<char, CURL_ERROR_SIZE> words{};
    std::optional<lookup> asked;
    loop::timer_id timer = 0;
  };

  http_share& share_;
  std::string url_;
  std::unique_ptr<const http_check> special_; ///< null: nothing but a GET of the URL
  milliseconds timeout_;
  reply_body body_rules_;
  curl_slist* headers_;
  http_route route_;
  std::optional<clock::time_point> certificate_ends_; ///< of the kept connection
  /// Without an answer from the last. libcurl looks at each transfer then, whether it has
  /// another address or not: not at all of them in the same turn of the loop.
  milliseconds next_address_after_;
  std::unique_ptr<running> now_; ///< null: none
};

void http_checker::run(completion done) {
  now_ = std::make_unique<running>();
  now_->done = std::move(done);
  auto problem = prepare_tls();
  now_->deadline = clock::now() + timeout_; // reading certificates for the first time takes a while
  if (problem) {
    now_->timer = share_.home.call_after(milliseconds{0}, [this, why = *problem] {
      finish(out_of_descriptors() ? *ran_out(EMFILE) : check_outcome{kind::not_run, {}, why});
    });
  } else if (route_.needs_lookup()) {
    now_->timer = share_.home.call_at(now_->deadline, [this] { not_resolved_in_time(); });
    now_->asked.emplace(share_.names, route_.host(), route_.port(),
                        [this](resolution r) { resolved(std::move(r)); });
  } else {
    start();
  }
}

void http_checker::resolved(resolution r) {
  if (r.what != resolution::kind::found)
    return finish(explain(std::move(r)));
  now_->asked.reset();
  now_->lookup_took = clock::now() - (now_->deadline - timeout_);
  share_.home.cancel(std::exchange(now_->timer, 0));
  route_.set_addresses(std::move(r.addresses));
  start();
}

void http_checker::not_resolved_in_time() {
  finish({kind::not_run,
          {},
          "could not resolve host '" + route_.host() + "' within " + describe(timeout_)});
}

void http_checker::start() {
  now_->easy = share_.curl.take();
  if (now_->easy == nullptr) {
    now_->timer = share_.home.call_after(milliseconds{0}, [this] { finish(*ran_out(ENOMEM)); });
    return;
  }
  set_options();
  share_.curl.start(now_->easy, route_.group(), now_->deadline,
                    [this](CURLcode code) { transfer_ended(code); });
}

std::optional<std::string> http_checker::prepare_tls() {
  if (!special_)
    return std::nullopt;
  const auto& options = special_->tls;
  now_->tls.verify = options.verify;
  now_->tls.store = nullptr;
  *now_->tls.findings = {};
  for (const auto& file : {options.certificate_file, options.key_file})
    if (!file.empty() && access(file.c_str(), R_OK) != 0)
      return "cannot read '" + file + "' of the client certificate";
  const bool plain_only = special_->url.starts_with("http:") && special_->max_redirects == 0;
  if (!options.verify || plain_only)
    return std::nullopt;
  auto store = share_.trust.store(options.ca_file);
  if (!store)
    return store.sentence();
  now_->tls.store = *store;
  return std::nullopt;
}

/// What differs between checks of any kind; the rest is for those that need it, whose
/// handles others get as prepared.
void http_checker::set_options() {
  curl_easy_setopt(now_->easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(now_->easy, CURLOPT_ERRORBUFFER, now_->words.data());
  curl_easy_setopt(now_->easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(now_->easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(now_->easy, CURLOPT_OPENSOCKETDATA, this);
  const auto next_address = !route_.needs_lookup() ? timeout_ : next_address_after_;
  curl_easy_setopt(now_->easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
                   static_cast<long>(next_address.count()));
  route_.set_options(now_->easy, now_->tls.store);
  if (!special_)
    return;
  use_tls(now_->easy, &now_->tls);
  if (!special_->tls.certificate_file.empty())
    curl_easy_setopt(now_->easy, CURLOPT_SSLCERT, special_->tls.certificate_file.c_str());
  if (!special_->tls.key_file.empty())
    curl_easy_setopt(now_->easy, CURLOPT_SSLKEY, special_->tls.key_file.c_str());
  curl_easy_setopt(now_->easy, CURLOPT_FOLLOWLOCATION, special_->max_redirects > 0 ? 1L : 0L);
  curl_easy_setopt(now_->easy, CURLOPT_MAXREDIRS, static_cast<long>(special_->max_redirects));
  set_method();
}

void http_checker::set_method() {
  curl_easy_setopt(now_->easy, CURLOPT_HTTPHEADER, headers_);
  if (special_->method == "HEAD") {
    curl_easy_setopt(now_->easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!special_->body.empty() || special_->method == "POST") {
    curl_easy_setopt(now_->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(special_->body.size()));
    curl_easy_setopt(now_->easy, CURLOPT_POSTFIELDS, special_->body.c_str());
  }
  if (special_->method != "GET" || !special_->body.empty())
    curl_easy_setopt(now_->easy, CURLOPT_CUSTOMREQUEST, special_->method.c_str());
}

/// Fewer than given breaks the transfer off.
std::size_t http_checker::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& c = *static_cast<http_checker*>(self);
  const auto room = c.body_rules_.most_kept() - c.now_->body.size();
  c.now_->body.append(data, std::min(size, room));
  c.now_->body_bytes += size;
  c.now_->body_is_enough =
    c.now_->body_bytes >= std::max(least_body_read, c.body_rules_.most_kept());
  return c.now_->body_is_enough ? 0 : size;
}

std::size_t http_checker::on_header(char*, std::size_t, std::size_t size, void* self) {
  auto& c = *static_cast<http_checker*>(self);
  c.now_->header_bytes += size;
  return c.now_->header_bytes > most_header_bytes ? 0 : size;
}

curl_socket_t http_checker::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  descriptor made{
    socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol)};
  auto& error = static_cast<http_checker*>(self)->now_->socket_error;
  error = made ? spare_descriptor_error(made.get()) : errno;
  return error != 0 ? CURL_SOCKET_BAD : made.release();
}

void http_checker::transfer_ended(CURLcode code) {
  if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && now_->body_is_enough))
    return finish(answered());
  if (now_->header_bytes > most_header_bytes)
    return finish({kind::failed, {}, "the answer's headers are larger than 64 KiB"});
  const auto failure = describe_failure(code);
  if (!failure.connected)
    share_.names.forget(route_.host());
  finish(explain(failure));
}

check_outcome http_checker::answered() {
  check_outcome outcome;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(now_->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  outcome.answer.latency = std::chrono::duration_cast<milliseconds>(
    now_->lookup_took + std::chrono::microseconds{microseconds});
  outcome.answer.status = static_cast<int>(read_number(now_->easy, CURLINFO_RESPONSE_CODE));
  outcome.answer.certificate_left = certificate_left();
  body_rules_.extract(now_->body, outcome.answer);
  route_.answered(now_->easy);
  return outcome;
}

/// A kept connection showed it to an earlier run.
std::optional<milliseconds> http_checker::certificate_left() {
  if (!route_.was_kept(now_->easy))
    certificate_ends_.reset();
  if (const auto shown = now_->tls.findings->certificate_left)
    certificate_ends_ = clock::now() + *shown;
  if (!certificate_ends_)
    return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(*certificate_ends_ - clock::now());
}

http_failure http_checker::describe_failure(CURLcode code) {
  http_failure f;
  const char* url = nullptr;
  curl_easy_getinfo(now_->easy, CURLINFO_EFFECTIVE_URL, &url);
  f.code = code;
  f.words = now_->words.data();
  f.os_error = now_->socket_error != 0
                 ? now_->socket_error
                 : static_cast<int>(read_number(now_->easy, CURLINFO_OS_ERRNO));
  f.host = url == nullptr ? route_.host() : host_of(url);
  f.tls = *now_->tls.findings;
  f.timeout = timeout_;
  if (special_) {
    f.unix_socket = special_->unix_socket;
    f.max_redirects = special_->max_redirects;
  }
  f.redirected = read_number(now_->easy, CURLINFO_REDIRECT_COUNT) > 0;
  f.resolved = !f.redirected || came_to(now_->easy, CURLINFO_NAMELOOKUP_TIME_T);
  const bool kept = route_.was_kept(now_->easy);
  f.connected = kept || came_to(now_->easy, CURLINFO_CONNECT_TIME_T) || f.tls.began;
  f.secured = kept || (url != nullptr && std::string_view{url}.substr(0, 5) != "https")
              || came_to(now_->easy, CURLINFO_APPCONNECT_TIME_T);
  f.answering = now_->header_bytes > 0;
  return f;
}

void http_checker::finish(check_outcome outcome) {
  share_.home.cancel(now_->timer);
  if (now_->easy != nullptr)
    share_.curl.put_back(now_->easy, special_ == nullptr);
  const auto done = std::move(now_->done);
  now_.reset();
  // Last: it may run the check again, or destroy it.
  done(std::move(outcome));
}

/// What all transfers have in common.
void prepare(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // else a hanging lookup stops the loop
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "reeve");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4'096L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &http_checker::on_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &http_checker::on_header);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &http_checker::on_socket);
}

} // namespace

http_share::http_share(loop& l, resolver& n) : home{l}, names{n}, curl{l, &prepare} {
}

std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec) {
  return std::make_unique<http_checker>(share, spec);
}

} // namespace reeve::io
