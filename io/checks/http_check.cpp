#include "io/checks/http_check.hpp"

#include "io/checks/http_answer.hpp"
#include "io/checks/http_failure.hpp"
#include "io/checks/http_request.hpp"
#include "io/checks/reply_body.hpp"
#include "io/loop/descriptor.hpp"
#include "io/loop/loop.hpp"
#include "io/loop/own_limits.hpp"
#include "io/names/resolver.hpp"
#include "io/net/connect_failure.hpp"
#include "io/net/dial.hpp"
#include "io/net/redirect.hpp"
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

/// The first certificate to end of those that were shown.
struct shown_certificate {
  clock::time_point ends;
  std::string which;
};

std::vector<std::string> names_of(const std::vector<header_condition>& conditions) {
  std::vector<std::string> names;
  for (const auto& condition : conditions)
    names.push_back(condition.name);
  return names;
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
  }

  void run(completion done) override;

  // What libcurl calls.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* self);
  static int on_options(void* self, curl_socket_t socket, curlsocktype);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);

private:
  http_checker(http_share& share, const check_spec& spec, const http_check& what)
      : share_{share}, special_{special_part(what)}, timeout_{spec.timeout},
        body_rules_{spec.expect}, header_names_{names_of(spec.expect.headers)}, own_{what} {
  }

  /// Null: nothing but a GET.
  const http_check* asked_for() const {
    return now_->led_to ? now_->led_to.get() : special_.get();
  }
  http_request& current() {
    return now_->hop ? *now_->hop : own_;
  }

  std::optional<std::string> prepare_tls();
  void find_host();
  void resolved(resolution r);
  void not_resolved_in_time();
  void start();
  void set_options();
  bool leads_on();
  void transfer_ended(CURLcode code);
  void transfer_failed(CURLcode code);
  void try_each_address();
  void follow();
  void put_back();
  check_outcome answered();
  http_failure describe_failure(CURLcode code);
  void note_certificate();
  void show_certificate(reply& found);
  void finish(check_outcome outcome);

  /// Of the run under way.
  struct running {
    explicit running(http_answer none) : answer{std::move(none)} {
    }

    completion done;
    CURL* easy = nullptr;
    clock::time_point deadline;
    clock::duration took_before{0}; ///< the transfer under way
    tls_session tls;
    std::unique_ptr<const http_check> led_to; ///< by redirects
    std::optional<http_request> hop;          ///< the same
    int redirects = 0;
    std::optional<shown_certificate> certificate;
    bool each_was_tried = false; ///< address
    std::optional<lookup> asked;
    std::optional<dial> trying;
    descriptor connected; ///< for the transfer; none: libcurl connects
    loop::timer_id timer = 0;

    // Of the transfer:
    http_answer answer;
    int socket_error = 0;
    int given = -1; ///< to libcurl, connected
    std::array<char, CURL_ERROR_SIZE> words{};
  };

  http_share& share_;
  std::unique_ptr<const http_check> special_; ///< null: nothing but a GET of the URL
  milliseconds timeout_;
  reply_body body_rules_;
  std::vector<std::string> header_names_; ///< that are expected
  http_request own_;
  std::unique_ptr<shown_certificate> kept_certificate_; ///< of the kept connection
  std::unique_ptr<running> now_;                        ///< null: none
};

void http_checker::run(completion done) {
  now_ = std::make_unique<running>(http_answer{body_rules_, header_names_});
  now_->done = std::move(done);
  auto problem = prepare_tls();
  now_->deadline = clock::now() + timeout_; // reading certificates for the first time takes a while
  if (!problem)
    return find_host();
  now_->timer = share_.home.call_after(milliseconds{0}, [this, why = *problem] {
    finish(
      outcome_of(out_of_descriptors() ? *ran_out(EMFILE) : fault{.reason = why, .ours = true}));
  });
}

void http_checker::find_host() {
  auto& route = current().route;
  if (!route.needs_lookup())
    return start();
  now_->timer = share_.home.call_at(now_->deadline, [this] { not_resolved_in_time(); });
  now_->asked.emplace(share_.names, route.host(), route.port(),
                      [this](resolution r) { resolved(std::move(r)); });
}

void http_checker::resolved(resolution r) {
  if (r.what != resolution::kind::found) {
    auto why = explain(std::move(r));
    if (now_->redirects > 0 && !why.exhausted)
      why.reason += ", where it was redirected to";
    return finish(outcome_of(std::move(why)));
  }
  now_->asked.reset();
  share_.home.cancel(std::exchange(now_->timer, 0));
  auto& route = current().route;
  route.set_addresses(std::move(r.addresses));
  if (route.addresses().size() > 1 && !route.has_connection())
    return try_each_address();
  start();
}

void http_checker::not_resolved_in_time() {
  finish({kind::not_run,
          {},
          "could not resolve host '" + current().route.host() + "' within " + describe(timeout_)});
}

void http_checker::start() {
  now_->easy = share_.curl.take();
  if (now_->easy == nullptr) {
    now_->timer =
      share_.home.call_after(milliseconds{0}, [this] { finish(outcome_of(*ran_out(ENOMEM))); });
    return;
  }
  set_options();
  now_->took_before = clock::now() - (now_->deadline - timeout_);
  share_.curl.start(now_->easy, current().route.group(), now_->deadline,
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
  auto& route = current().route;
  curl_easy_setopt(now_->easy, CURLOPT_URL, route.url().c_str());
  curl_easy_setopt(now_->easy, CURLOPT_ERRORBUFFER, now_->words.data());
  curl_easy_setopt(now_->easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(now_->easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(now_->easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(now_->easy, CURLOPT_SOCKOPTDATA, this);
  // Else libcurl looks after that time whether it has another address.
  curl_easy_setopt(now_->easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
                   static_cast<long>(timeout_.count()));
  route.set_options(now_->easy, now_->tls.store);
  const auto* what = asked_for();
  if (what == nullptr)
    return;
  use_tls(now_->easy, &now_->tls);
  if (!what->tls.certificate_file.empty())
    curl_easy_setopt(now_->easy, CURLOPT_SSLCERT, what->tls.certificate_file.c_str());
  if (!what->tls.key_file.empty())
    curl_easy_setopt(now_->easy, CURLOPT_SSLKEY, what->tls.key_file.c_str());
  set_method(now_->easy, *what, current());
}

/// Fewer than given breaks the transfer off.
std::size_t http_checker::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& c = *static_cast<http_checker*>(self);
  if (c.leads_on()) {
    c.now_->answer.skip_body();
    return 0;
  }
  return c.now_->answer.take_body({data, size}) ? size : 0;
}

std::size_t http_checker::on_header(char* line, std::size_t, std::size_t size, void* self) {
  return static_cast<http_checker*>(self)->now_->answer.take_header({line, size}) ? size : 0;
}

/// Whether the answer is a redirect that is to be followed.
bool http_checker::leads_on() {
  return special_ && special_->max_redirects > 0
         && is_redirect(static_cast<int>(read_number(now_->easy, CURLINFO_RESPONSE_CODE)))
         && !now_->answer.headers().first("location").value_or("").empty();
}

int http_checker::on_options(void* self, curl_socket_t socket, curlsocktype) {
  return socket == static_cast<http_checker*>(self)->now_->given ? CURL_SOCKOPT_ALREADY_CONNECTED
                                                                 : CURL_SOCKOPT_OK;
}

curl_socket_t http_checker::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& n = *static_cast<http_checker*>(self)->now_;
  if (n.connected)
    return n.given = n.connected.release();
  descriptor made{
    socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol)};
  n.socket_error = made ? spare_descriptor_error(made.get()) : errno;
  return n.socket_error != 0 ? CURL_SOCKET_BAD : made.release();
}

void http_checker::transfer_ended(CURLcode code) {
  const auto& answer = now_->answer;
  if (answer.refused())
    return finish(*answer.refused());
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && answer.is_enough()))
    return transfer_failed(code);
  if (leads_on())
    return follow();
  if (auto problem = answer.problem())
    return finish(*std::move(problem));
  finish(answered());
}

void http_checker::transfer_failed(CURLcode code) {
  if (now_->answer.has_too_many_headers())
    return finish({kind::failed, {}, "the answer's headers are larger than 64 KiB"});
  const auto failure = describe_failure(code);
  current().route.lost();
  auto why = explain(failure);
  if (code == CURLE_COULDNT_CONNECT && why.ours && !why.exhausted
      && current().route.addresses().size() > 1 && !now_->each_was_tried)
    return try_each_address();
  if (!failure.connected)
    share_.names.forget(current().route.host());
  finish(outcome_of(std::move(why)));
}

/// libcurl would tell of one address that it failed, and not of all.
void http_checker::try_each_address() {
  now_->each_was_tried = true;
  put_back();
  now_->timer = share_.home.call_at(now_->deadline, [this] {
    share_.names.forget(current().route.host());
    finish(outcome_of(now_->trying->too_late(timeout_)));
  });
  now_->trying.emplace(share_.home, current().route.addresses(), [this](dial::result r) {
    if (!r.socket) {
      share_.names.forget(current().route.host());
      return finish(outcome_of(std::move(r.failure)));
    }
    share_.home.cancel(std::exchange(now_->timer, 0));
    now_->trying.reset();
    now_->connected = std::move(r.socket);
    current().route.set_addresses({r.address});
    start();
  });
}

void http_checker::follow() {
  if (now_->redirects == special_->max_redirects)
    return finish(
      {kind::failed, {}, "more than " + std::to_string(now_->redirects) + " redirects"});
  const auto status = static_cast<int>(read_number(now_->easy, CURLINFO_RESPONSE_CODE));
  auto next = redirected(*asked_for(), status, *now_->answer.headers().first("location"));
  if (!next)
    return finish({kind::failed, {}, "redirected to something that is " + next.sentence()});
  note_certificate();
  put_back();
  ++now_->redirects;
  now_->hop.reset();
  now_->led_to = std::make_unique<const http_check>(std::move(*next));
  now_->hop.emplace(*now_->led_to);
  now_->each_was_tried = false;
  now_->given = -1;
  now_->answer = http_answer{body_rules_, header_names_};
  find_host();
}

check_outcome http_checker::answered() {
  check_outcome outcome;
  auto& found = outcome.answer;
  curl_off_t microseconds = 0;
  curl_easy_getinfo(now_->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
  found.latency = std::chrono::duration_cast<milliseconds>(
    now_->took_before + std::chrono::microseconds{microseconds});
  found.status = static_cast<int>(read_number(now_->easy, CURLINFO_RESPONSE_CODE));
  show_certificate(found);
  now_->answer.extract(found);
  current().route.answered(now_->easy);
  return outcome;
}

/// Whoever follows redirects meets all of their certificates.
void http_checker::note_certificate() {
  auto& found = *now_->tls.findings;
  if (found.certificate_left) {
    const auto ends = clock::now() + *found.certificate_left;
    if (!now_->certificate || ends < now_->certificate->ends)
      now_->certificate = {ends, found.certificate_is};
  }
  found = {};
}

/// A kept connection showed it to an earlier run.
void http_checker::show_certificate(reply& found) {
  note_certificate();
  if (own_.route.was_kept(now_->easy)) {
    if (!now_->certificate && kept_certificate_)
      now_->certificate = *kept_certificate_;
  } else {
    kept_certificate_ =
      now_->certificate ? std::make_unique<shown_certificate>(*now_->certificate) : nullptr;
  }
  if (!now_->certificate)
    return;
  found.certificate_left =
    std::chrono::duration_cast<milliseconds>(now_->certificate->ends - clock::now());
  found.certificate_is = now_->certificate->which;
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
  f.host = url == nullptr ? current().route.host() : host_of(url);
  f.tls = *now_->tls.findings;
  f.timeout = timeout_;
  if (special_)
    f.unix_socket = special_->unix_socket;
  f.redirected = now_->redirects > 0;
  const bool kept = current().route.was_kept(now_->easy);
  f.connected = kept || came_to(now_->easy, CURLINFO_CONNECT_TIME_T) || f.tls.began;
  f.secured = kept || (url != nullptr && std::string_view{url}.substr(0, 5) != "https")
              || came_to(now_->easy, CURLINFO_APPCONNECT_TIME_T);
  f.answering = now_->answer.begun();
  return f;
}

void http_checker::put_back() {
  if (now_->easy != nullptr)
    share_.curl.put_back(std::exchange(now_->easy, nullptr), special_ == nullptr);
}

void http_checker::finish(check_outcome outcome) {
  share_.home.cancel(now_->timer);
  put_back();
  const auto done = std::move(now_->done);
  now_.reset();
  // Last: it may run the check again, or destroy it.
  done(std::move(outcome));
}

/// What all transfers have in common.
void prepare(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "reeve");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4'096L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &http_checker::on_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &http_checker::on_header);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &http_checker::on_socket);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &http_checker::on_options);
}

} // namespace

http_share::http_share(loop& l, resolver& n) : home{l}, names{n}, curl{l, &prepare} {
}

std::unique_ptr<check> make_http_check(http_share& share, const check_spec& spec) {
  return std::make_unique<http_checker>(share, spec);
}

} // namespace reeve::io
