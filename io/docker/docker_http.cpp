#include "io/docker/docker_http.hpp"

#include "io/docker/docker_api.hpp"
#include "io/loop/line_splitter.hpp"
#include "io/loop/loop.hpp"
#include "io/net/http_exchange.hpp"

#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace reeve::io {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t questions_at_once = 8;

http_check request_of(const std::string& socket, std::string method, const std::string& path) {
  http_check what;
  what.url = "http://docker" + path;
  what.method = std::move(method);
  what.unix_socket = socket;
  return what;
}

std::string problem_of(const http_exchange::ending& how, const std::string& socket) {
  if (!how.in_time)
    return "Docker does not answer in time at " + socket;
  if (how.os_error != 0)
    return docker_api::unreachable_reason(how.os_error, socket);
  return "Docker does not answer at " + socket + ": " + how.problem->reason;
}

/// One request, and what has come of its answer.
struct call : http_listener {
  http_check what;
  http_request request{what};
  docker_http::answer reply;
  docker_http::completion done;
  bool is_question = false;
  bool too_long = false;
  std::unique_ptr<http_exchange> exchange; ///< goes first

  explicit call(http_check asked) : what{std::move(asked)} {
  }
  virtual ~call() = default;

  void answer_begins() override {
  }
  void header_came(std::string_view, std::string_view) override {
  }
  bool headers_ended(int status) override {
    reply.status = status;
    return true;
  }
  bool body_came(std::string_view part) override {
    too_long = reply.body.size() + part.size() > docker_http::longest_body;
    if (!too_long)
      reply.body.append(part);
    return !too_long;
  }
};

/// An endless answer. Its hooks may end it, so they are not called from within it.
struct stream_call final : call {
  docker_http::stream_hooks hooks;
  line_splitter splitter{docker_http::longest_line};
  std::vector<std::string> lines; ///< to be given
  std::function<void()> something_came;

  using call::call;

  bool headers_ended(int status) override {
    reply.status = status;
    something_came();
    return true;
  }
  bool body_came(std::string_view part) override {
    if (reply.status != 200)
      return call::body_came(part);
    splitter.feed(part, [&](std::string_view line) { lines.emplace_back(line); });
    something_came();
    return true;
  }
};

struct waiting_question {
  std::string path;
  milliseconds timeout;
  docker_http::completion done;
};

} // namespace

struct docker_http::state : std::enable_shared_from_this<state> {
  loop& on;
  std::string socket;
  http_share share{on};
  bool closed = false;
  std::map<const call*, std::unique_ptr<call>> calls;
  std::size_t questions = 0;
  std::deque<waiting_question> waiting;
  stream_call* events = nullptr;

  state(loop& l, std::string path) : on{l}, socket{std::move(path)} {
  }

  void close();
  void begin(std::unique_ptr<call> c, milliseconds timeout);
  void ask_next();
  void give_later();
  void give();
  void ended(call& c, const http_exchange::ending& how);
  void answered(call& c, const http_exchange::ending& how) const;
};

void docker_http::state::close() {
  closed = true;
  events = nullptr;
  waiting.clear();
  const auto dropped = std::exchange(calls, {});
}

void docker_http::state::begin(std::unique_ptr<call> c, milliseconds timeout) {
  auto& begun = *c;
  calls.emplace(&begun, std::move(c));
  begun.exchange = std::make_unique<http_exchange>(
    share, begun.what, begun.request, nullptr, http_exchange::limits{timeout}, begun,
    [this, &begun](const http_exchange::ending& how) { ended(begun, how); });
}

void docker_http::state::ask_next() {
  while (!waiting.empty() && questions < questions_at_once) {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    ++questions;
    auto c = std::make_unique<call>(request_of(socket, "GET", next.path));
    c->done = std::move(next.done);
    c->is_question = true;
    begin(std::move(c), next.timeout);
  }
}

void docker_http::state::give_later() {
  on.post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->give();
  });
}

/// What has come of the stream.
void docker_http::state::give() {
  auto* e = events;
  if (e == nullptr || e->reply.status != 200)
    return;
  if (e->hooks.opened)
    std::exchange(e->hooks.opened, nullptr)();
  while (!closed && events == e && !e->lines.empty()) {
    const auto lines = std::exchange(e->lines, {});
    const auto give_one = e->hooks.line;
    for (std::size_t i = 0; i < lines.size() && !closed && events == e; ++i)
      give_one(lines[i]);
  }
}

void docker_http::state::ended(call& c, const http_exchange::ending& how) {
  const auto alive = shared_from_this();
  auto* stream = events == &c ? events : nullptr;
  if (stream != nullptr)
    give();
  if (closed || !calls.contains(&c))
    return; // its hooks have ended it
  answered(c, how);
  const auto over = std::move(calls.extract(&c).mapped());
  if (over->is_question)
    --questions;
  if (stream != nullptr)
    events = nullptr;
  const auto done = stream != nullptr ? std::move(stream->hooks.ended) : std::move(over->done);
  done(std::move(over->reply));
  if (!closed)
    ask_next();
}

void docker_http::state::answered(call& c, const http_exchange::ending& how) const {
  if (events == &c && c.reply.status == 200)
    c.reply.problem = "Docker has ended the connection at " + socket;
  else if (c.too_long)
    c.reply = {.status = 0, .body = {}, .problem = "Docker's answer is too long"};
  else if (how.problem)
    c.reply = {.status = 0, .body = {}, .problem = problem_of(how, socket)};
}

docker_http::docker_http(loop& l, std::string socket)
    : state_{std::make_shared<state>(l, std::move(socket))} {
}

docker_http::~docker_http() {
  state_->close();
}

void docker_http::get(const std::string& path, milliseconds timeout, completion done) {
  state_->waiting.push_back({path, timeout, std::move(done)});
  state_->ask_next();
}

void docker_http::post(const std::string& path, milliseconds timeout, completion done) {
  auto c = std::make_unique<call>(request_of(state_->socket, "POST", path));
  c->done = std::move(done);
  state_->begin(std::move(c), timeout);
}

void docker_http::stream(const std::string& path, stream_hooks hooks) {
  end_stream();
  auto s = std::make_unique<stream_call>(request_of(state_->socket, "GET", path));
  s->hooks = std::move(hooks);
  s->something_came = [state = state_.get()] { state->give_later(); };
  state_->events = s.get();
  state_->begin(std::move(s), milliseconds{0});
}

void docker_http::end_stream() {
  if (const auto* ended = std::exchange(state_->events, nullptr))
    state_->calls.erase(ended);
}

} // namespace reeve::io
