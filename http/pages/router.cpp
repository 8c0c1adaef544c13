#include "http/pages/router.hpp"

#include "supervisor/text.hpp"

#include <httplib.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <list>
#include <tuple>
#include <utility>

namespace reeve::http {

namespace {

/// The bytes of one request in, nothing out: answers go their own way.
class memory_stream : public httplib::Stream {
public:
  explicit memory_stream(std::string text) : text_{std::move(text)} {
  }

  bool is_readable() const override {
    return true;
  }
  bool is_writable() const override {
    return true;
  }
  ssize_t read(char* to, size_t size) override {
    const auto n = std::min(size, text_.size() - at_);
    std::memcpy(to, text_.data() + at_, n);
    at_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char*, size_t size) override {
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {
  }
  void get_local_ip_and_port(std::string&, int&) const override {
  }
  socket_t socket() const override {
    return -1;
  }

private:
  std::string text_;
  std::size_t at_ = 0;
};

/// `/health/{group}` -> `/health/([^/]+)`
std::string expression_of(const std::string& pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '{') {
      out += "([^/]+)";
      at = pattern.find('}', at);
    } else {
      out += pattern[at];
    }
  }
  return out;
}

/// Told by its pattern: an address may hold a secret.
void call(const router::handler& h, const std::string& pattern, const request& r,
          const router::parts& parts, reply give) {
  try {
    h(r, parts, give);
  } catch (const std::exception& e) {
    spdlog::error("the page {} failed: {}", pattern, e.what());
    give(error_answer(500, "internal", "this page failed; the daemon's log says why"));
  }
}

} // namespace

struct router::engine : httplib::Server {
  struct route {
    std::string method;
    std::string pattern;
    handler handle;
  };

  // The request being dispatched; handlers find it here and not in what
  // cpp-httplib made of it.
  const request* asked = nullptr;
  const reply* give = nullptr;
  bool found = false;

  std::list<route> routes; // answers point at the patterns
  std::vector<std::string> plain_patterns;

  void dispatch(const request& r, const reply& to);
  template <class Engine>
  static void process(Engine& with, httplib::Stream& text);
  void match(const route& to, const httplib::Request& matched);
  void mount(const route& to);
  void not_found(const request& r, const reply& to) const;
  std::string all_pages() const;
};

void router::engine::mount(const route& to) {
  const auto expression = expression_of(to.pattern);
  const auto matched = [this, &to](const httplib::Request& r, httplib::Response&) { match(to, r); };
  Get(expression, matched);
  Post(expression, matched);
  Put(expression, matched);
  Patch(expression, matched);
  Delete(expression, matched);
  Options(expression, matched);
}

void router::engine::match(const route& to, const httplib::Request& matched) {
  found = true;
  const auto& r = *asked;
  const reply labelled = [endpoint = std::string_view{to.pattern}, give = *give](answer a) {
    a.endpoint = endpoint;
    give(std::move(a));
  };
  if (r.method != to.method && !(r.method == "HEAD" && to.method == "GET")) {
    auto refused = error_answer(405, "method_not_allowed", to.pattern + " takes " + to.method);
    refused.headers.emplace_back("Allow", to.method == "GET" ? "GET, HEAD" : to.method);
    labelled(std::move(refused));
    return;
  }
  parts named;
  for (std::size_t i = 1; i < matched.matches.size(); ++i)
    named.push_back(matched.matches[i].str());
  call(to.handle, to.pattern, r, named, labelled);
}

void router::engine::dispatch(const request& r, const reply& to) {
  const auto before =
    std::tuple{std::exchange(asked, &r), std::exchange(give, &to), std::exchange(found, false)};
  const bool bodiless = r.method == "GET" || r.method == "HEAD";
  memory_stream text{r.method + ' ' + r.target + " HTTP/1.1\r\n"
                     + (bodiless ? "\r\n" : "Content-Length: 0\r\n\r\n")};
  process(*this, text);
  const bool answered = found;
  std::tie(asked, give, found) = before;
  if (!answered)
    not_found(r, to);
}

/// Debian 13's cpp-httplib (0.18) wants to know both addresses, Debian 12's (0.11)
/// does not.
template <class Engine>
void router::engine::process(Engine& with, httplib::Stream& text) {
  bool closed = false;
  const auto setup = [](httplib::Request&) {};
  if constexpr (requires { with.process_request(text, "", 0, "", 0, false, closed, setup); })
    with.process_request(text, "", 0, "", 0, false, closed, setup);
  else
    with.process_request(text, false, closed, setup);
}

std::string router::engine::all_pages() const {
  std::string all = "; there are ";
  for (const auto& pattern : plain_patterns)
    all += (&pattern == &plain_patterns.front() ? "" : ", ") + pattern;
  return all;
}

void router::engine::not_found(const request& r, const reply& to) const {
  if (method_label(r.method) == "other") {
    to(error_answer(501, "not_implemented", "the method " + r.method + " means nothing here"));
    return;
  }
  const auto path = r.target.substr(0, r.target.find('?'));
  const auto meant = did_you_mean(path, plain_patterns);
  to(error_answer(404, "not_found",
                  "there is no page '" + path + "'" + (meant.empty() ? all_pages() : meant)));
}

router::router() : engine_{std::make_unique<engine>()} {
}

router::~router() = default;

void router::add(const std::string& method, const std::string& pattern, handler h) {
  engine_->routes.push_back({method, pattern, std::move(h)});
  engine_->mount(engine_->routes.back());
  if (pattern.find('{') == std::string::npos)
    engine_->plain_patterns.push_back(pattern);
}

void router::route(const request& r, reply give) const {
  engine_->dispatch(r, give);
}

} // namespace reeve::http
